/**
 * Unsent work, kept in IndexedDB: one journal per shelf and client id, in pieces. A shelf is a document, and
 * whoever writes it where the server has accounts: nobody sends or sees what another person left in this browser. A
 * journal belongs to the tab that holds the client id's Web Lock, so two tabs never write as one client. Records are
 * opaque bytes; what is written together lies under one key.
 */

const DATABASE = 'codesync';
const RECORDS = 'records';

/** Where the journals of a document lie; `user` is whoever is logged in, `null` on a server without accounts. */
export function shelfOf(document: string, user: string | null): string {
  return user === null ? document : `${document} ${user}`;
}

/** A change to a journal: one record more, or these records instead of all before. */
export type JournalStep =
  | { readonly type: 'append'; readonly bytes: Uint8Array }
  | { readonly type: 'replace'; readonly bytes: Uint8Array };

export class JournalStore {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(factory: IDBFactory = indexedDB): Promise<JournalStore> {
    const request = factory.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(RECORDS);
    };
    const database = await settled(request);
    // A later release of the page may want to change the layout: make way instead of blocking it.
    database.onversionchange = () => database.close();
    return new JournalStore(database);
  }

  dispose(): void {
    this.#database.close();
  }

  /** The client ids that have a journal on this shelf, by skipping from the first key of one to the next. */
  async clients(shelf: string): Promise<string[]> {
    const store = this.#database.transaction(RECORDS).objectStore(RECORDS);
    const request = store.openKeyCursor(IDBKeyRange.bound([shelf], [shelf, []]));
    return new Promise((resolve, reject) => {
      const found: string[] = [];
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (cursor === null) {
          resolve(found);
          return;
        }
        const client = (cursor.key as [string, string, number])[1];
        found.push(client);
        cursor.continue([shelf, client, []]);
      };
    });
  }

  /** The journal of one client. The caller holds its lock. */
  async journal(shelf: string, client: string): Promise<Journal> {
    const store = this.#database.transaction(RECORDS).objectStore(RECORDS);
    const range = journalRange(shelf, client);
    const [keys, records] = await Promise.all([
      settled(store.getAllKeys(range)),
      settled(store.getAll(range) as IDBRequest<Uint8Array[]>),
    ]);
    const last = keys.at(-1) as [string, string, number] | undefined;
    return new Journal(this.#database, shelf, client, concatenated(records), (last?.[2] ?? 0) + 1);
  }
}

export class Journal {
  readonly shelf: string;
  readonly client: string;
  /** What it held when it was opened, in the order it was written. Empty for a new one. */
  readonly restored: Uint8Array;
  readonly #database: IDBDatabase;
  #next: number;

  constructor(
    database: IDBDatabase,
    shelf: string,
    client: string,
    restored: Uint8Array,
    next: number,
  ) {
    this.#database = database;
    this.shelf = shelf;
    this.client = client;
    this.restored = restored;
    this.#next = next;
  }

  /** Resolves once all of the steps are on disk; either all of them are, or none. */
  async write(steps: readonly JournalStep[]): Promise<void> {
    const transaction = this.#database.transaction(RECORDS, 'readwrite', { durability: 'strict' });
    const store = transaction.objectStore(RECORDS);
    const start = steps.findLastIndex(({ type }) => type === 'replace');
    if (start !== -1) {
      store.delete(journalRange(this.shelf, this.client));
    }
    // As one, for each costs a message to the browser's process; what would be replaced at once is left out.
    const record = concatenated(steps.slice(Math.max(0, start)).map(({ bytes }) => bytes));
    store.add(record, [this.shelf, this.client, this.#next]);
    this.#next += 1;
    // Without waiting for the answers first: what was handed to the browser survives the tab.
    transaction.commit();
    await completed(transaction);
  }

  /** Moves what cannot be read out of the way without throwing it away. */
  async setAside(): Promise<void> {
    const transaction = this.#database.transaction(RECORDS, 'readwrite', { durability: 'strict' });
    const store = transaction.objectStore(RECORDS);
    store.add(this.restored, [`damaged ${this.shelf}`, this.client, this.#next]);
    store.delete(journalRange(this.shelf, this.client));
    await completed(transaction);
  }

  async remove(): Promise<void> {
    const transaction = this.#database.transaction(RECORDS, 'readwrite', { durability: 'strict' });
    transaction.objectStore(RECORDS).delete(journalRange(this.shelf, this.client));
    await completed(transaction);
  }
}

/** The right to write as one client, held until disposed or until the tab is gone. */
export interface ClientLock {
  dispose(): void;
}

/** Takes a client id for this tab, or `null` when another tab has it. */
export function lockClient(
  shelf: string,
  client: string,
  locks: LockManager,
): Promise<ClientLock | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(`codesync:${shelf}:${client}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return;
        }
        return new Promise<void>((release) => resolve({ dispose: release }));
      })
      .catch(reject);
  });
}

/** A client id nobody else has: 128 random bits in hexadecimal. */
export function newClient(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function journalRange(shelf: string, client: string): IDBKeyRange {
  // In IndexedDB's order of keys an array comes after every number.
  return IDBKeyRange.bound([shelf, client], [shelf, client, []]);
}

function concatenated(records: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(records.reduce((length, record) => length + record.length, 0));
  let offset = 0;
  for (const record of records) {
    whole.set(record, offset);
    offset += record.length;
  }
  return whole;
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
