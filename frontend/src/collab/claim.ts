/** Which client this tab is in a document: one that was here before and is free, or a new one. */
import { type ClientLock, type Journal, JournalStore, lockClient, newClient } from './journal';

export interface Claim {
  readonly client: string;
  /** `null` when nothing can be kept: edits live as long as the tab. */
  readonly journal: Journal | null;
  /** A sentence for the user when something is not as it should be. */
  readonly problem: string | null;
  dispose(): void;
}

/** Never fails: a browser that keeps nothing still edits. */
export async function claimJournal(shelf: string): Promise<Claim> {
  // Without locks (a page that is neither https nor localhost) two tabs could write as one client.
  if (typeof indexedDB === 'undefined' || navigator.locks === undefined) {
    return unkept('This browser keeps nothing here: unsent edits last only as long as this tab.');
  }
  try {
    const store = await JournalStore.open();
    const { client, lock } = await lockedClient(store, shelf);
    const journal = await store.journal(shelf, client);
    return {
      client,
      journal,
      problem: null,
      dispose: () => {
        lock.dispose();
        store.dispose();
      },
    };
  } catch (cause) {
    console.error(cause);
    return unkept(
      'This browser does not let the page store edits. Keep this tab open until everything is saved.',
    );
  }
}

async function lockedClient(
  store: JournalStore,
  shelf: string,
): Promise<{ client: string; lock: ClientLock }> {
  for (const client of await store.clients(shelf)) {
    const lock = await lockClient(shelf, client, navigator.locks);
    if (lock !== null) {
      return { client, lock };
    }
  }
  const client = newClient();
  const lock = await lockClient(shelf, client, navigator.locks);
  if (lock === null) {
    throw new Error('a new client id is already in use');
  }
  return { client, lock };
}

function unkept(problem: string): Claim {
  return { client: newClient(), journal: null, problem, dispose: () => undefined };
}
