/**
 * Keeps the law of the journal: a frame leaves only after everything that was to be saved before it is on disk.
 * What gathers while one transaction runs goes into the next one together.
 */
import type { JournalStep } from './journal';

export interface JournalSink {
  write(steps: readonly JournalStep[]): Promise<void>;
}

/** Where frames go. A socket that has been replaced answers by dropping them. */
export interface FrameSink {
  send(frame: Uint8Array): void;
}

interface Frame {
  readonly type: 'send';
  readonly bytes: Uint8Array;
  readonly sink: FrameSink;
}

export class OrderedWriter {
  #journal: JournalSink | null;
  readonly #onJournalLost: (cause: unknown) => void;
  #queue: (JournalStep | Frame)[] = [];
  #running: Promise<void> | null = null;

  /** `onJournalLost` is told once, when the journal could not be written; frames go on without it. */
  constructor(journal: JournalSink | null, onJournalLost: (cause: unknown) => void) {
    this.#journal = journal;
    this.#onJournalLost = onJournalLost;
  }

  save(bytes: Uint8Array): void {
    this.#push({ type: 'append', bytes });
  }

  compact(bytes: Uint8Array): void {
    this.#push({ type: 'replace', bytes });
  }

  send(bytes: Uint8Array, sink: FrameSink): void {
    this.#push({ type: 'send', bytes, sink });
  }

  /** Resolves when everything handed over so far has been written and sent. */
  async idle(): Promise<void> {
    while (this.#running !== null) {
      await this.#running;
    }
  }

  #push(step: JournalStep | Frame): void {
    this.#queue.push(step);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // One turn of the microtask queue, so that what one edit puts out travels in one transaction.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      await this.#writeJournal(batch.filter((step) => step.type !== 'send'));
      for (const step of batch) {
        if (step.type === 'send') {
          step.sink.send(step.bytes);
        }
      }
    }
    this.#running = null;
  }

  async #writeJournal(steps: readonly JournalStep[]): Promise<void> {
    if (steps.length === 0 || this.#journal === null) {
      return;
    }
    try {
      await this.#journal.write(steps);
    } catch (cause) {
      this.#journal = null;
      this.#onJournalLost(cause);
    }
  }
}
