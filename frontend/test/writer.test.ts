import { describe, expect, test, vi } from 'vitest';
import type { JournalStep } from '../src/collab/journal';
import { OrderedWriter } from '../src/collab/writer';

const bytes = (value: number) => Uint8Array.of(value);

/** A journal whose transactions end when the test says so. */
class SlowJournal {
  readonly log: string[];
  #waiting: { resolve: () => void; reject: (cause: unknown) => void }[] = [];

  constructor(log: string[]) {
    this.log = log;
  }

  write(steps: readonly JournalStep[]): Promise<void> {
    this.log.push(`begin ${steps.map((step) => step.bytes[0]).join('+')}`);
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        resolve: () => {
          this.log.push('durable');
          resolve();
        },
        reject,
      });
    });
  }

  complete(): void {
    this.#waiting.shift()?.resolve();
  }

  fail(): void {
    this.#waiting.shift()?.reject(new Error('quota'));
  }
}

function setUp() {
  const log: string[] = [];
  const journal = new SlowJournal(log);
  const lost: unknown[] = [];
  const writer = new OrderedWriter(journal, (cause) => lost.push(cause));
  const sink = { send: (frame: Uint8Array) => log.push(`sent ${frame[0]}`) };
  return { log, journal, lost, writer, sink };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('OrderedWriter', () => {
  test('lets a frame leave only when what was saved before it is durable', async () => {
    const { log, journal, writer, sink } = setUp();
    writer.save(bytes(1));
    writer.send(bytes(10), sink);
    await turns();
    expect(log).toEqual(['begin 1']);
    journal.complete();
    await writer.idle();
    expect(log).toEqual(['begin 1', 'durable', 'sent 10']);
  });

  test('begins a transaction without waiting for the one before, and sends in order', async () => {
    const { log, journal, writer, sink } = setUp();
    writer.save(bytes(1));
    writer.send(bytes(10), sink);
    await turns();
    writer.save(bytes(2));
    writer.send(bytes(11), sink);
    await turns();
    expect(log).toEqual(['begin 1', 'begin 2']);
    journal.complete();
    await turns();
    journal.complete();
    await writer.idle();
    expect(log).toEqual(['begin 1', 'begin 2', 'durable', 'sent 10', 'durable', 'sent 11']);
  });

  test('lets news wait for the next edit, and writes both in their order', async () => {
    const { log, journal, writer } = setUp();
    writer.note(bytes(1));
    writer.note(bytes(2));
    await turns();
    expect(log).toEqual([]);
    writer.save(bytes(3));
    await turns();
    expect(log).toEqual(['begin 1+2+3']);
    writer.note(bytes(4));
    journal.complete();
    await turns();
    expect(log, 'the end of a transaction is no reason').toEqual(['begin 1+2+3', 'durable']);
    writer.flush();
    expect(log.at(-1)).toBe('begin 4');
    journal.complete();
    await writer.idle();
  });

  test('writes news that nothing follows all the same', async () => {
    vi.useFakeTimers();
    try {
      const { log, writer } = setUp();
      writer.note(bytes(1));
      await vi.advanceTimersByTimeAsync(499);
      writer.note(bytes(2));
      expect(log).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(log).toEqual(['begin 1+2']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('lets no frame leave before the news that it answers is durable', async () => {
    const { log, journal, writer, sink } = setUp();
    writer.note(bytes(1));
    writer.send(bytes(10), sink);
    await turns();
    expect(log).toEqual(['begin 1']);
    journal.complete();
    await writer.idle();
    expect(log).toEqual(['begin 1', 'durable', 'sent 10']);
  });

  test('gathers what comes while four transactions are under way', async () => {
    const { log, journal, writer } = setUp();
    for (const value of [1, 2, 3, 4, 5, 6, 7]) {
      writer.save(bytes(value));
      await turns();
    }
    expect(log).toEqual(['begin 1', 'begin 2', 'begin 3', 'begin 4']);
    journal.complete();
    await turns();
    expect(log.slice(4)).toEqual(['durable', 'begin 5+6+7']);
    for (let left = 0; left < 4; left += 1) {
      journal.complete();
    }
    await writer.idle();
  });

  test('sends frames without a journal in their order', async () => {
    const { log, sink } = setUp();
    const writer = new OrderedWriter(null, () => undefined);
    writer.save(bytes(1));
    writer.send(bytes(10), sink);
    writer.send(bytes(11), sink);
    await writer.idle();
    expect(log).toEqual(['sent 10', 'sent 11']);
  });

  test('tells once that the journal is lost, and goes on sending', async () => {
    const { log, journal, lost, writer, sink } = setUp();
    writer.save(bytes(1));
    writer.send(bytes(10), sink);
    await turns();
    journal.fail();
    await writer.idle();
    writer.save(bytes(2));
    writer.send(bytes(11), sink);
    await writer.idle();
    expect(log).toEqual(['begin 1', 'sent 10', 'sent 11']);
    expect(lost).toHaveLength(1);
  });
});
