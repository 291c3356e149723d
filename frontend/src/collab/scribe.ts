/**
 * Brings journals to the disk by a thread of its own: beginning a transaction costs the page's thread three times as
 * much as a message (docs/performance.md).
 *
 * A thread ends with its page, whatever it has not read yet. So a page that is left writes itself what the thread has
 * not answered for; and so it does from then on when the thread fails.
 */
import type { JournalWrite, Scribe } from './journal';

/** What a `Worker` is here. It answers each message once, in their order, by whether it is done. */
export interface Thread {
  onmessage: ((event: MessageEvent<boolean>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(writes: readonly JournalWrite[]): void;
  terminate(): void;
}

interface Waiting {
  readonly writes: readonly JournalWrite[];
  readonly done: (written: Promise<void> | undefined) => void;
}

export class ScribeThread {
  readonly #here: Scribe;
  readonly #page: EventTarget;
  #thread: Thread | null;
  /** What the thread has not answered for, in order. */
  #waiting: Waiting[] = [];

  /** `here` writes on this thread. `page` tells by `pagehide` that it is left. */
  constructor(thread: Thread, here: Scribe, page: EventTarget) {
    this.#thread = thread;
    this.#here = here;
    this.#page = page;
    thread.onmessage = ({ data: isDone }) => {
      if (isDone) {
        this.#waiting.shift()?.done(undefined);
      } else {
        this.#fail();
      }
    };
    thread.onerror = () => this.#fail();
    page.addEventListener('pagehide', this.#leave);
  }

  readonly write: Scribe = (writes) => {
    const thread = this.#thread;
    if (thread === null) {
      return this.#here(writes);
    }
    return new Promise((done) => {
      this.#waiting.push({ writes, done });
      thread.postMessage(writes);
    });
  };

  /** Ends the thread. What it has not answered for is written all the same. */
  dispose(): void {
    this.#page.removeEventListener('pagehide', this.#leave);
    this.#takeOver();
  }

  readonly #leave = () => {
    if (this.#waiting.length > 0) {
      this.#here(this.#waiting.flatMap(({ writes }) => writes)).catch(console.error);
    }
  };

  #fail(): void {
    console.error('The thread that writes the journal failed; the page writes it now.');
    this.#takeOver();
  }

  #takeOver(): void {
    this.#thread?.terminate();
    this.#thread = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { writes, done } of waiting) {
      done(this.#here(writes));
    }
  }
}
