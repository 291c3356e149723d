/**
 * The other end of a socket, as far as one client alone on a document needs it: welcomes, joins, acknowledges, and
 * passes on what the test says others typed. It reads and writes the few messages of the protocol that this takes.
 */
import type { Socket, Surroundings } from '../src/collab/connection';
import { goldenServerFrame } from './golden';

const CHANNEL = 1;
const AUTHOR = 1;
export const OTHER_AUTHOR = 2;

export class FakeServer implements Surroundings {
  clock = 0;
  head = 0;
  lastSeq = 0;
  lastRevision = 0;
  /** The text that a client without one is given. It does not follow the edits. */
  text: string;
  reachable = true;
  /** While set, submissions are heard but not committed. */
  silent = false;
  readonly submissions: { seq: number; operation: Uint8Array }[] = [];
  /** What was shown to tell who it is. */
  readonly tokens: string[] = [];
  #socket: FakeSocket | null = null;
  #timers: { due: number; action: () => void }[] = [];

  constructor(text: string) {
    this.text = text;
  }

  now(): number {
    return this.clock;
  }

  openSocket(subprotocol: string): Socket {
    if (subprotocol !== 'codesync.v1') {
      throw new Error(`unexpected subprotocol ${subprotocol}`);
    }
    const socket = new FakeSocket((frame) => this.#hear(frame));
    this.#socket = socket;
    queueMicrotask(() => (this.reachable ? socket.open() : socket.cut()));
    return socket;
  }

  schedule(action: () => void, delayMs: number): () => void {
    const timer = { due: this.clock + delayMs, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, and whatever is due in it happen. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock + milliseconds;
    for (;;) {
      await settled();
      const next = this.#timers
        .filter((timer) => timer.due <= end)
        .sort((left, right) => left.due - right.due)[0];
      if (next === undefined) {
        break;
      }
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.clock = Math.max(this.clock, next.due);
      next.action();
    }
    this.clock = end;
    await settled();
  }

  cut(): void {
    this.#socket?.cut();
    this.#socket = null;
  }

  /** Bytes as they are, right or wrong. */
  say(frame: Uint8Array): void {
    this.#socket?.deliver(frame);
  }

  /** The connection is refused, for this reason. */
  refuse(code: number, sentence: string): void {
    this.say(message(0, [3], varint(code), string(sentence)));
  }

  /** Somebody else's insertion is committed. */
  insert(offset: number, text: string): void {
    this.say(this.insertFrame(offset, text));
  }

  insertFrame(offset: number, text: string): Uint8Array {
    const utf8 = new TextEncoder().encode(text);
    const operation = [
      ...(offset > 0 ? varint(offset * 4) : []),
      ...varint(utf8.length * 4 + 1),
      ...utf8,
    ];
    return this.appliedFrame(operation);
  }

  /** Somebody else's operation, in its encoded form, as the next revision. */
  appliedFrame(operation: Iterable<number>): Uint8Array {
    this.head += 1;
    return message(1, varint(CHANNEL), varint(this.head), varint(OTHER_AUTHOR), sized(operation));
  }

  /** What follows a hello and a join with this request number. */
  joinFrames(request: number): Uint8Array[] {
    return [goldenServerFrame('welcome'), this.#joined(request, true)];
  }

  arrive(name: string, color: number): void {
    this.say(message(4, [0], varint(CHANNEL), varint(OTHER_AUTHOR), string(name), [color]));
  }

  #hear(frame: Uint8Array): void {
    const reader = new Reader(frame);
    while (!reader.atEnd) {
      this.#hearMessage(reader);
    }
  }

  #hearMessage(reader: Reader): void {
    const kind = reader.varint();
    if (kind === 0) {
      const inner = reader.varint();
      if (inner === 0) {
        reader.varint();
        reader.bytes();
        reader.option(() => {
          this.tokens.push(new TextDecoder().decode(reader.bytes()));
        });
        this.say(
          message(
            0,
            [0],
            varint(1),
            string('fake'),
            ...[262_144, 65_536, 10_000, 64, 0].map(varint),
            [0],
          ),
        );
      } else if (inner === 1) {
        this.say(message(0, [1], varint(reader.varint())));
      } else {
        this.tokens.push(new TextDecoder().decode(reader.bytes()));
        this.say(message(0, [4, 0]));
      }
    } else if (kind === 1) {
      reader.varint();
      const seq = reader.varint();
      reader.varint();
      this.submissions.push({ seq, operation: reader.bytes() });
      if (!this.silent) {
        this.#commit(seq);
      }
    } else if (kind === 2) {
      if (reader.varint() === 0) {
        this.#join(reader);
      } else {
        // It leaves that channel.
        reader.varint();
      }
    } else if (kind === 3) {
      reader.rest();
    }
  }

  #join(reader: Reader): void {
    const request = reader.varint();
    reader.take(32);
    reader.option(() => reader.varint());
    this.say(this.#joined(request, reader.take(1)[0] === 1));
  }

  #joined(request: number, withText: boolean): Uint8Array {
    const utf8 = new TextEncoder().encode(this.text);
    const joined = message(
      3,
      [0],
      ...[request, CHANNEL, AUTHOR, this.head, this.lastSeq, this.lastRevision].map(varint),
      string('notes.md'),
      [1],
      varint(10_485_760),
      withText ? [1, ...varint(utf8.length)] : [0],
    );
    const part = withText && utf8.length > 0 ? message(3, [1], varint(CHANNEL), sized(utf8)) : [];
    return Uint8Array.from([...joined, ...part]);
  }

  #commit(seq: number): void {
    this.head += 1;
    this.lastSeq = seq;
    this.lastRevision = this.head;
    this.say(message(2, varint(CHANNEL), varint(seq), varint(this.head)));
  }
}

class FakeSocket implements Socket {
  binaryType: BinaryType = 'blob';
  onopen: (() => void) | null = null;
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readyState = 0;
  readonly #hear: (frame: Uint8Array) => void;

  constructor(hear: (frame: Uint8Array) => void) {
    this.#hear = hear;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  cut(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  /** Later, as the network would: never inside the call that sent something. */
  deliver(frame: Uint8Array): void {
    const { buffer } = Uint8Array.from(frame);
    queueMicrotask(() => this.onmessage?.({ data: buffer }));
  }

  send(frame: Uint8Array): void {
    if (this.readyState === 1) {
      this.#hear(frame.slice());
    }
  }

  close(): void {
    this.readyState = 3;
  }
}

class Reader {
  readonly #frame: Uint8Array;
  #at = 0;

  constructor(frame: Uint8Array) {
    this.#frame = frame;
  }

  get atEnd(): boolean {
    return this.#at >= this.#frame.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.take(1)[0] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  bytes(): Uint8Array {
    return this.take(this.varint());
  }

  option(read: () => void): void {
    if (this.take(1)[0] === 1) {
      read();
    }
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#frame.length) {
      throw new Error('the client sent a message that is cut off');
    }
    this.#at += count;
    return this.#frame.subarray(this.#at - count, this.#at);
  }

  rest(): void {
    this.#at = this.#frame.length;
  }
}

function message(kind: number, ...parts: Iterable<number>[]): Uint8Array {
  return Uint8Array.from([kind, ...parts.flatMap((part) => [...part])]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function sized(bytes: Iterable<number>): number[] {
  const list = [...bytes];
  return [...varint(list.length), ...list];
}

function string(text: string): number[] {
  return sized(new TextEncoder().encode(text));
}

/** Everything that was already on its way has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    await Promise.resolve();
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
}
