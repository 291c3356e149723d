/**
 * Drives the core's `Connection`: owns the WebSocket and the one timer, hands news in, carries out what comes out.
 * Frames and records are opaque bytes here.
 */
import type { Connection, Event } from '../wasm/codesync_core';
import type { FrameSink, OrderedWriter } from './writer';

const SUBPROTOCOL = 'codesync.v1';
/** `setTimeout` wraps around above this. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;
/** However long somebody composes a character, the others are not kept waiting for longer; the server's answers wait
 * too, and the core gives up on one after 15 s. */
const HOLD_MS_MAX = 10_000;

/** The parts of a WebSocket that are used, so that a test can stand in for one. */
export interface Socket {
  binaryType: BinaryType;
  onopen: (() => void) | null;
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  readonly readyState: number;
  send(frame: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

/** What a driver needs from the world around it. */
export interface Surroundings {
  /** Milliseconds since a moment that stays the same. */
  now(): number;
  openSocket(subprotocol: string): Socket;
  schedule(action: () => void, delayMs: number): () => void;
}

/** Who is told what happens. */
export interface ConnectionListener {
  /** In order, and never inside one another. The core may already be further than this event. */
  onEvent(event: Event): void;
  /** All events of one piece of news were told: what was shown and what the core has are the same again. */
  onSettled(): void;
}

export function browserSurroundings(url: string): Surroundings {
  return {
    now: () => performance.now(),
    openSocket: (subprotocol) => new WebSocket(url, subprotocol) as Socket,
    schedule: (action, delayMs) => {
      const timer = setTimeout(action, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

export class LiveConnection {
  readonly #core: Connection;
  readonly #writer: OrderedWriter;
  readonly #surroundings: Surroundings;
  readonly #listener: ConnectionListener;
  #socket: (Socket & FrameSink) | null = null;
  #timer: { readonly due: number; readonly cancel: () => void } | null = null;
  #draining = false;
  /** While set, what the core puts out follows from what the server said. */
  #isHearing = false;
  #disposed = false;
  /** Frames that wait while the editor cannot take news; `null` while it can. */
  #held: ArrayBuffer[] | null = null;
  #cancelHold: (() => void) | null = null;

  constructor(
    core: Connection,
    writer: OrderedWriter,
    surroundings: Surroundings,
    listener: ConnectionListener,
  ) {
    this.#core = core;
    this.#writer = writer;
    this.#surroundings = surroundings;
    this.#listener = listener;
  }

  /**
   * Tells the core something and carries out, before returning, everything that follows from it.
   */
  drive<Answer>(tell: (core: Connection, now: number) => Answer): Answer {
    const answer = tell(this.#core, this.#surroundings.now());
    this.#drain();
    return answer;
  }

  /** A question to the core; nothing follows from it. */
  ask<Answer>(question: (core: Connection) => Answer): Answer {
    return question(this.#core);
  }

  /** While held, frames wait as they would on a slow network; what the user types goes on. */
  hold(held: boolean): void {
    this.#cancelHold?.();
    this.#cancelHold = null;
    if (held) {
      this.#held ??= [];
      this.#cancelHold = this.#surroundings.schedule(() => this.hold(false), HOLD_MS_MAX);
      return;
    }
    const waiting = this.#held ?? [];
    this.#held = null;
    for (const frame of waiting) {
      this.#receive(frame);
    }
  }

  /** Gives the socket back. What is on its way to the journal still gets there. */
  dispose(): void {
    this.#disposed = true;
    this.#timer?.cancel();
    this.#cancelHold?.();
    this.#dropSocket();
  }

  #drain(): void {
    if (this.#draining || this.#disposed) {
      return;
    }
    this.#draining = true;
    try {
      for (let output = this.#core.pollOutput(); output; output = this.#core.pollOutput()) {
        switch (output.type) {
          case 'connect':
            this.#openSocket();
            break;
          case 'disconnect':
            this.#dropSocket();
            break;
          case 'save':
            if (this.#isHearing) {
              this.#writer.note(output.record);
            } else {
              this.#writer.save(output.record);
            }
            break;
          case 'compact':
            this.#writer.compact(output.records);
            break;
          case 'send':
            if (this.#socket !== null) {
              this.#writer.send(output.frame, this.#socket);
            }
            break;
          case 'event':
            this.#listener.onEvent(output.event);
            break;
        }
      }
    } finally {
      this.#draining = false;
    }
    this.#listener.onSettled();
    this.#setTimer();
  }

  /**
   * A timer that rings too early is left alone and set anew when it rings: most keys put off what is due, and a browser
   * takes longer to set a timer than the core to take the key.
   */
  #setTimer(): void {
    const due = this.#disposed ? undefined : this.#core.pollTimeout();
    if (due === undefined || (this.#timer !== null && this.#timer.due <= due)) {
      return;
    }
    this.#timer?.cancel();
    const delay = Math.min(Math.max(0, due - this.#surroundings.now()), TIMEOUT_MS_MAX);
    this.#timer = { due, cancel: this.#surroundings.schedule(() => this.#ring(), delay) };
  }

  #ring(): void {
    this.#timer = null;
    const due = this.#core.pollTimeout();
    if (due !== undefined && due <= this.#surroundings.now()) {
      this.drive((core, now) => core.handleTimeout(now));
    } else {
      this.#setTimer();
    }
  }

  #openSocket(): void {
    this.#dropSocket();
    const socket = this.#surroundings.openSocket(SUBPROTOCOL) as Socket & FrameSink;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.drive((core, now) => core.handleConnected(now));
    socket.onmessage = (message) => this.#receive(message.data);
    socket.onclose = () => {
      this.#forgetSocket();
      this.drive((core, now) => core.handleDisconnected(now));
    };
    this.#socket = socket;
  }

  #receive(data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer)) {
        throw new TypeError('a text frame where bytes were expected');
      }
      if (this.#held !== null) {
        this.#held.push(data);
        return;
      }
      this.#isHearing = true;
      this.drive((core, now) => core.handleFrame(new Uint8Array(data), now));
    } catch (error) {
      console.error('The server sent a frame that does not decode; connecting anew.', error);
      this.#dropSocket();
      this.drive((core, now) => core.handleDisconnected(now));
    } finally {
      this.#isHearing = false;
    }
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#forgetSocket();
    socket?.close(1000);
  }

  #forgetSocket(): void {
    // What it brought is asked for again on the next one.
    if (this.#held !== null) {
      this.#held = [];
    }
    if (this.#socket !== null) {
      this.#socket.onopen = null;
      this.#socket.onmessage = null;
      this.#socket.onclose = null;
      this.#socket = null;
    }
  }
}
