import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, test } from 'vitest';
import { JournalStore, newClient } from '../src/collab/journal';

const DOCUMENT = '0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11';
const bytes = (...values: number[]) => Uint8Array.from(values);

let factory: IDBFactory;

beforeEach(() => {
  factory = new IDBFactory();
});

describe('JournalStore', () => {
  test('gives records back in the order they were written, across openings', async () => {
    const client = newClient();
    const first = await JournalStore.open(factory);
    const journal = await first.journal(DOCUMENT, client);
    expect(journal.restored).toHaveLength(0);
    await journal.write([{ type: 'append', bytes: bytes(1, 2) }]);
    await journal.write([
      { type: 'append', bytes: bytes(3) },
      { type: 'append', bytes: bytes(4, 5) },
    ]);
    first.dispose();

    const second = await JournalStore.open(factory);
    const reopened = await second.journal(DOCUMENT, client);
    expect(reopened.restored).toEqual(bytes(1, 2, 3, 4, 5));
    await reopened.write([{ type: 'append', bytes: bytes(6) }]);
    expect((await second.journal(DOCUMENT, client)).restored).toEqual(bytes(1, 2, 3, 4, 5, 6));
  });

  test('keeps ten records and more in order', async () => {
    const store = await JournalStore.open(factory);
    const journal = await store.journal(DOCUMENT, newClient());
    for (let value = 0; value < 25; value += 1) {
      await journal.write([{ type: 'append', bytes: bytes(value) }]);
    }
    const { restored } = await store.journal(DOCUMENT, journal.client);
    expect(Array.from(restored)).toEqual(Array.from({ length: 25 }, (_, value) => value));
  });

  test('replaces a journal as one step', async () => {
    const store = await JournalStore.open(factory);
    const journal = await store.journal(DOCUMENT, newClient());
    await journal.write([{ type: 'append', bytes: bytes(1) }]);
    await journal.write([
      { type: 'append', bytes: bytes(2) },
      { type: 'replace', bytes: bytes(9) },
      { type: 'append', bytes: bytes(3) },
    ]);
    expect((await store.journal(DOCUMENT, journal.client)).restored).toEqual(bytes(9, 3));
  });

  test('tells the clients of one document from those of another', async () => {
    const store = await JournalStore.open(factory);
    const [first, second, other] = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
    const another = DOCUMENT.replace('11', '12');
    for (const [document, client] of [
      [DOCUMENT, first],
      [DOCUMENT, second],
      [another, other],
    ] as const) {
      const journal = await store.journal(document, client ?? '');
      await journal.write([
        { type: 'append', bytes: bytes(1) },
        { type: 'append', bytes: bytes(2) },
      ]);
    }
    expect(await store.clients(DOCUMENT)).toEqual([first, second]);
    expect(await store.clients(another)).toEqual([other]);
  });

  test('removes a journal and leaves its neighbour alone', async () => {
    const store = await JournalStore.open(factory);
    const [mine, theirs] = ['a', 'b'].map((letter) => letter.repeat(32)) as [string, string];
    for (const client of [mine, theirs]) {
      await (await store.journal(DOCUMENT, client)).write([{ type: 'append', bytes: bytes(1) }]);
    }
    await (await store.journal(DOCUMENT, mine)).remove();
    expect(await store.clients(DOCUMENT)).toEqual([theirs]);
  });

  test('sets a damaged journal aside without losing its bytes', async () => {
    const store = await JournalStore.open(factory);
    const client = newClient();
    await (await store.journal(DOCUMENT, client)).write([{ type: 'append', bytes: bytes(7, 7) }]);
    await (await store.journal(DOCUMENT, client)).setAside();
    expect(await store.clients(DOCUMENT)).toEqual([]);
    expect((await store.journal(`damaged ${DOCUMENT}`, client)).restored).toEqual(bytes(7, 7));
  });
});

test('a new client id is 32 hexadecimal digits', () => {
  expect(newClient()).toMatch(/^[0-9a-f]{32}$/);
  expect(newClient()).not.toBe(newClient());
});
