import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { JournalStore, type JournalWrite, openDatabase, scribeOf } from '../src/collab/journal';
import { ScribeThread, type Thread } from '../src/collab/scribe';

const SHELF = '0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11';
const CLIENT = 'a'.repeat(32);
const append = (value: number) => [{ type: 'append', bytes: Uint8Array.of(value) }] as const;
const replace = (value: number) => [{ type: 'replace', bytes: Uint8Array.of(value) }] as const;

/** A thread that does nothing before it is told to. */
class SlowThread implements Thread {
  onmessage: Thread['onmessage'] = null;
  onerror: Thread['onerror'] = null;
  readonly orders: (readonly JournalWrite[])[] = [];
  isEnded = false;

  postMessage(writes: readonly JournalWrite[]): void {
    this.orders.push(writes);
  }

  terminate(): void {
    this.isEnded = true;
  }

  answer(isDone: boolean): void {
    this.onmessage?.(new MessageEvent('message', { data: isDone }));
  }
}

let factory: IDBFactory;
let thread: SlowThread;
let page: EventTarget;
let scribe: ScribeThread;
let store: JournalStore;

beforeEach(async () => {
  factory = new IDBFactory();
  thread = new SlowThread();
  page = new EventTarget();
  store = await JournalStore.open(factory, (here) => {
    scribe = new ScribeThread(thread, here, page);
    return scribe.write;
  });
});

async function kept(): Promise<number[]> {
  return Array.from((await store.journal(SHELF, CLIENT)).restored);
}

test('what the thread has answered for is written, in order', async () => {
  const journal = await store.journal(SHELF, CLIENT);
  const told: number[] = [];
  const writes = [1, 2].map((value) => journal.write(append(value)).then(() => told.push(value)));
  expect(thread.orders.map(([order]) => order?.number)).toEqual([1, 2]);
  thread.answer(true);
  await writes[0];
  expect(told).toEqual([1]);
  thread.answer(true);
  await Promise.all(writes);
  expect(told).toEqual([1, 2]);
});

test('a page that is left writes what the thread has not answered for', async () => {
  const journal = await store.journal(SHELF, CLIENT);
  const elsewhere = scribeOf(await openDatabase(factory));
  const writes = [append(1), replace(2), append(3), append(4)].map((steps) => journal.write(steps));
  await elsewhere(thread.orders[0] ?? []);
  thread.answer(true);
  page.dispatchEvent(new Event('pagehide'));
  expect(await kept()).toEqual([2, 3, 4]);
  // The thread was faster than its end, and does the same once more.
  await elsewhere(thread.orders[1] ?? []);
  await elsewhere(thread.orders[2] ?? []);
  expect(await kept()).toEqual([2, 3, 4]);
  thread.answer(true);
  thread.answer(true);
  thread.answer(true);
  await Promise.all(writes);
  expect(thread.isEnded).toBe(false);
});

test.each([
  ['refuses', () => thread.answer(false)],
  ['cannot be started', () => thread.onerror?.(new Event('error') as ErrorEvent)],
  ['is ended', () => scribe.dispose()],
])('when the thread %s, the page writes by itself', async (_, fail) => {
  const journal = await store.journal(SHELF, CLIENT);
  const waiting = [journal.write(append(1)), journal.write(append(2))];
  fail();
  await Promise.all(waiting);
  await journal.write(append(3));
  expect(await kept()).toEqual([1, 2, 3]);
  expect([thread.isEnded, thread.orders.length]).toEqual([true, 2]);
});

test('a journal is removed after what was on its way to it', async () => {
  const journal = await store.journal(SHELF, CLIENT);
  const written = journal.write(append(1));
  const removed = journal.remove();
  scribe.dispose();
  await Promise.all([written, removed]);
  expect(await kept()).toEqual([]);
});
