/**
 * Sends what other tabs left behind: journals of this document whose tab is gone. Each speaks to the server as the
 * client it belongs to, so nothing is sent twice, and is removed once all of it is saved.
 */
import { Connection } from '../wasm/codesync_core';
import { LiveConnection, type Surroundings } from './connection';
import { type Journal, JournalStore, lockClient } from './journal';
import type { Visitor } from './session';
import { OrderedWriter } from './writer';

/** What ends the attempt; the journal stays for the next one. */
const GIVEN_UP = new Set(['refused', 'conflict', 'login-needed']);

export async function sendLeftovers(
  document: string,
  shelf: string,
  visitor: Visitor,
  surroundings: Surroundings,
): Promise<void> {
  if (typeof indexedDB === 'undefined' || navigator.locks === undefined) {
    return;
  }
  const store = await JournalStore.open();
  try {
    for (const client of await store.clients(shelf)) {
      const lock = await lockClient(shelf, client, navigator.locks);
      if (lock === null) {
        continue;
      }
      try {
        const journal = await store.journal(shelf, client);
        await sendJournal(document, journal, visitor, surroundings);
      } finally {
        lock.dispose();
      }
    }
  } finally {
    store.dispose();
  }
}

async function sendJournal(
  document: string,
  journal: Journal,
  visitor: Visitor,
  surroundings: Surroundings,
): Promise<void> {
  const seed = crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  const core = new Connection(visitor.name, seed, await visitor.api.credentials.token());
  const writer = new OrderedWriter(journal, console.error);
  try {
    await new Promise<void>((resolve, reject) => {
      const live = new LiveConnection(core, writer, surroundings, {
        onEvent: (event) => {
          if (GIVEN_UP.has(event.type)) {
            live.dispose();
            reject(new Error(`left-over edits were not taken: ${event.type}`));
          }
        },
        onSettled: () => {
          if (core.status(document).unsavedEdits === 0) {
            live.dispose();
            resolve();
          }
        },
      });
      live.drive((it, now) => it.openRestored(document, journal.restored, now));
    });
    await writer.idle();
    await journal.remove();
  } finally {
    core.free();
  }
}
