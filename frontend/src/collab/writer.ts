/**
 * Keeps the law of the journal: a frame leaves only after everything that was to be saved before it is on disk.
 * For what the user did a transaction is begun at once, so that a tab that is closed takes nothing with it; only when
 * several are under way does what follows gather for the next. News can be had again from the server: it waits for the
 * next edit or frame, and with ten others typing that is three transactions of four.
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

/** Transactions under way at once. Each costs the disk a flush. */
const TRANSACTIONS_MAX = 4;
/** How long what the server told may wait for company. */
const NEWS_MS_MAX = 500;

export class OrderedWriter {
  #journal: JournalSink | null;
  readonly #onJournalLost: (cause: unknown) => void;
  #queue: (JournalStep | Frame)[] = [];
  #begins = false;
  /** Whether something in the queue wants a transaction now, and not only company. */
  #isUrgent = false;
  #newsTimer: ReturnType<typeof setTimeout> | undefined;
  #underWay = 0;
  /** Settles when the last transaction that was begun, and all before it, are durable and their frames sent. */
  #tail: Promise<unknown> = Promise.resolve();

  /** `onJournalLost` is told once, when the journal could not be written; frames go on without it. */
  constructor(journal: JournalSink | null, onJournalLost: (cause: unknown) => void) {
    this.#journal = journal;
    this.#onJournalLost = onJournalLost;
  }

  save(bytes: Uint8Array): void {
    this.#push({ type: 'append', bytes });
  }

  /** The same for what the server told, which may be lost with the tab. */
  note(bytes: Uint8Array): void {
    this.#queue.push({ type: 'append', bytes });
    this.#newsTimer ??= setTimeout(() => this.flush(), NEWS_MS_MAX);
  }

  compact(bytes: Uint8Array): void {
    this.#push({ type: 'replace', bytes });
  }

  send(bytes: Uint8Array, sink: FrameSink): void {
    this.#push({ type: 'send', bytes, sink });
  }

  /** Begins to write what waits. */
  flush(): void {
    this.#isUrgent = true;
    this.#begin();
  }

  /** Resolves when everything handed over so far has been written and sent. */
  async idle(): Promise<void> {
    this.flush();
    while (this.#queue.length > 0 || this.#underWay > 0) {
      await this.#tail;
    }
  }

  #push(step: JournalStep | Frame): void {
    this.#queue.push(step);
    if (!this.#begins) {
      this.#begins = true;
      // One turn of the microtask queue, so that what one edit puts out travels in one transaction.
      queueMicrotask(() => {
        this.#begins = false;
        this.flush();
      });
    }
  }

  #begin(): void {
    if (!this.#isUrgent || this.#queue.length === 0 || this.#underWay >= TRANSACTIONS_MAX) {
      return;
    }
    this.#isUrgent = false;
    clearTimeout(this.#newsTimer);
    this.#newsTimer = undefined;
    const batch = this.#queue;
    this.#queue = [];
    this.#underWay += 1;
    const durable = this.#writeJournal(batch.filter((step) => step.type !== 'send'));
    this.#tail = Promise.all([this.#tail, durable]).then(() => {
      for (const step of batch) {
        if (step.type === 'send') {
          step.sink.send(step.bytes);
        }
      }
      this.#underWay -= 1;
      this.#begin();
    });
  }

  async #writeJournal(steps: readonly JournalStep[]): Promise<void> {
    if (steps.length === 0 || this.#journal === null) {
      return;
    }
    try {
      await this.#journal.write(steps);
    } catch (cause) {
      if (this.#journal !== null) {
        this.#journal = null;
        this.#onJournalLost(cause);
      }
    }
  }
}
