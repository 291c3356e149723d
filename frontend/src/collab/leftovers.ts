/**
 * Sends what other tabs left behind: journals of this document whose tab is gone. Each speaks to the server as the
 * client it belongs to, so nothing is sent twice, and is removed once all of it is saved.
 */
import { Connection } from '../wasm/codesync_core';
import { LiveConnection, type Surroundings } from './connection';
import { type Journal, JournalStore, lockClient } from './journal';
import { OrderedWriter } from './writer';

export async function sendLeftovers(
  document: string,
  person: string,
  surroundings: Surroundings,
): Promise<void> {
  if (typeof indexedDB === 'undefined' || navigator.locks === undefined) {
    return;
  }
  const store = await JournalStore.open();
  try {
    for (const client of await store.clients(document)) {
      const lock = await lockClient(document, client, navigator.locks);
      if (lock === null) {
        continue;
      }
      try {
        await sendJournal(await store.journal(document, client), person, surroundings);
      } finally {
        lock.dispose();
      }
    }
  } finally {
    store.dispose();
  }
}

async function sendJournal(
  journal: Journal,
  person: string,
  surroundings: Surroundings,
): Promise<void> {
  const seed = crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  const core = new Connection(person, seed);
  const writer = new OrderedWriter(journal, console.error);
  try {
    await new Promise<void>((resolve, reject) => {
      const live = new LiveConnection(core, writer, surroundings, {
        onEvent: (event) => {
          if (event.type === 'refused' || event.type === 'conflict') {
            live.dispose();
            reject(new Error(`left-over edits were not taken: ${event.type}`));
          }
        },
        onSettled: () => {
          if (core.status(journal.document).unsavedEdits === 0) {
            live.dispose();
            resolve();
          }
        },
      });
      live.drive((it, now) => it.openRestored(journal.document, journal.restored, now));
    });
    await writer.idle();
    await journal.remove();
  } finally {
    core.free();
  }
}
