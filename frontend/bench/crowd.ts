/**
 * People who type, without a window each: the page's own driver and the core, in this process. Ten terminals or browsers
 * on the same machine would take the processor from the page that is measured.
 */
import { LiveConnection, type Socket } from '../src/collab/connection';
import { OrderedWriter } from '../src/collab/writer';
import { Connection } from '../src/wasm/codesync_core';
import { loadCoreFromFile } from '../test/core';

export class Crowd {
  readonly #document: string;
  readonly #people: readonly LiveConnection[];
  readonly #lines: readonly number[];
  #typing: ReturnType<typeof setInterval> | undefined;

  private constructor(document: string, people: LiveConnection[], lines: readonly number[]) {
    this.#document = document;
    this.#people = people;
    this.#lines = lines;
  }

  /** One person for each of these lines, numbered from 0 on. Resolves when all have the text. */
  static async join(origin: string, document: string, lines: readonly number[]): Promise<Crowd> {
    loadCoreFromFile();
    const socket = new URL('/socket', origin);
    socket.protocol = 'ws:';
    const people = lines.map(async (_, index) => {
      const core = new Connection(`Other ${index}`, BigInt(index + 1));
      return new Promise<LiveConnection>((arrived) => {
        const person: LiveConnection = new LiveConnection(
          core,
          new OrderedWriter(null, console.error),
          {
            now: () => performance.now(),
            openSocket: (subprotocol) => new WebSocket(socket, subprotocol) as Socket,
            schedule: (action, delayMs) => {
              const timer = setTimeout(action, delayMs);
              return () => clearTimeout(timer);
            },
          },
          {
            onEvent: ({ type }) => type === 'opened' && arrived(person),
            onSettled: () => {},
          },
        );
        const client = index.toString(16).padStart(32, '0');
        person.drive((it, now) => it.open(document, client, now));
      });
    });
    return new Crowd(document, await Promise.all(people), lines);
  }

  /** From now on each of them types a letter so often, at the head of their line, one after another. */
  start(everyMs: number): void {
    const places = this.#lines.map((line, index) => {
      const text = this.#people[index]?.ask((core) => core.text(this.#document)) ?? '';
      return text.split('\n', line).join('\n').length + 1;
    });
    this.#people.forEach((person, index) => {
      const at = places[index] ?? 0;
      person.drive((core, now) =>
        core.setSelections(this.#document, [{ anchor: at, head: at }], now),
      );
    });
    let turn = 0;
    this.#typing = setInterval(() => {
      const person = this.#people[turn % this.#people.length];
      turn += 1;
      person?.drive((core, now) => {
        const [{ head } = { head: 0 }] = core.selections(this.#document);
        core.edit(this.#document, [{ from: head, to: head, text: 'x' }], now);
      });
    }, everyMs / this.#people.length);
  }

  stop(): void {
    clearInterval(this.#typing);
    for (const person of this.#people) {
      person.dispose();
    }
  }
}
