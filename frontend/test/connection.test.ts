import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Binding } from '../src/collab/binding';
import { LiveConnection } from '../src/collab/connection';
import { type Journal, JournalStore, newClient } from '../src/collab/journal';
import { OrderedWriter } from '../src/collab/writer';
import { Connection, type Event } from '../src/wasm/codesync_core';
import { loadCoreFromFile } from './core';
import { FakeEditor, FakeModel } from './model';
import { FakeServer } from './server';

const DOCUMENT = '0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11';

beforeAll(loadCoreFromFile);

class Client {
  readonly core = new Connection('Ana', 7n);
  readonly writer: OrderedWriter;
  readonly live: LiveConnection;
  readonly events: Event[] = [];
  onEvent: (event: Event) => void = () => undefined;
  onSettled: () => void = () => undefined;

  constructor(server: FakeServer, journal: Journal | null = null) {
    this.writer = new OrderedWriter(journal, (cause) => {
      throw cause;
    });
    this.live = new LiveConnection(this.core, this.writer, server, {
      onEvent: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      onSettled: () => this.onSettled(),
    });
  }

  static async open(server: FakeServer, journal: Journal | null = null): Promise<Client> {
    const client = new Client(server, journal);
    const id = journal?.client ?? newClient();
    client.live.drive((core, now) => core.open(DOCUMENT, id, now));
    await server.pass(0);
    return client;
  }

  static async restore(server: FakeServer, journal: Journal): Promise<Client> {
    const client = new Client(server, journal);
    client.live.drive((core, now) => core.openRestored(DOCUMENT, journal.restored, now));
    await server.pass(0);
    return client;
  }

  get text(): string {
    return this.core.text(DOCUMENT);
  }

  get status() {
    return this.core.status(DOCUMENT);
  }

  type(from: number, text: string, to = from): void {
    this.live.drive((core, now) => core.edit(DOCUMENT, [{ from, to, text }], now));
  }
}

async function newJournal(): Promise<{ store: JournalStore; journal: Journal }> {
  const store = await JournalStore.open(new IDBFactory());
  return { store, journal: await store.journal(DOCUMENT, newClient()) };
}

describe('LiveConnection', () => {
  test('opens a document with the text the server has', async () => {
    const client = await Client.open(new FakeServer('grüße 😀\n'));
    expect(client.text).toBe('grüße 😀\n');
    expect(client.core.length(DOCUMENT)).toBe(9);
    expect(client.status.state).toBe('synchronized');
    expect(client.events.map((event) => event.type)).toContain('opened');
    expect(client.core.name(DOCUMENT)).toBe('notes.md');
  });

  test('submits what is typed and learns that it is saved', async () => {
    const server = new FakeServer('ab');
    const client = await Client.open(server);
    client.type(1, '😀');
    expect(client.status).toMatchObject({ state: 'sending', unsavedEdits: 1 });
    await server.pass(10);
    expect(client.text).toBe('a😀b');
    expect(client.status).toEqual({ state: 'synchronized', saved: 1, unsavedEdits: 0 });
    expect(server.submissions).toHaveLength(1);
  });

  test('tells remote edits in UTF-16 offsets of the text before', async () => {
    const server = new FakeServer('😀ab');
    const client = await Client.open(server);
    server.insert(2, 'x');
    await server.pass(10);
    expect(client.text).toBe('😀axb');
    expect(client.events.at(-2)).toEqual({
      type: 'changed',
      document: DOCUMENT,
      edits: [{ from: 3, to: 3, text: 'x' }],
      cause: 'remote',
    });
  });

  test('an editor follows several remote edits of one frame', async () => {
    const server = new FakeServer('ab\ncd');
    const client = await Client.open(server);
    const said = vi.spyOn(console, 'error');
    const model = new FakeModel();
    const binding = new Binding(
      new FakeEditor().asMonaco(),
      model.asMonaco(),
      {
        text: () => client.text,
        length: () => client.core.length(DOCUMENT),
        edit: (edits) => client.live.drive((core, now) => core.edit(DOCUMENT, [...edits], now)),
        undo: () => undefined,
        redo: () => undefined,
        select: () => undefined,
        breakUndoGroup: () => undefined,
        selections: () => [],
      },
      () => undefined,
    );
    client.onEvent = (event) => {
      if (event.type === 'changed') {
        binding.apply(event.edits, event.cause);
      }
    };
    client.onSettled = () => binding.check();

    const typed = model.getPositionAt(2);
    model.applyEdits([
      {
        range: {
          startLineNumber: typed.lineNumber,
          startColumn: typed.column,
          endLineNumber: typed.lineNumber,
          endColumn: typed.column,
        },
        text: '😀',
      },
    ]);
    server.silent = true;
    server.say(
      Uint8Array.from([
        ...server.insertFrame(0, 'one '),
        ...server.insertFrame(6, ' two'),
        ...server.insertFrame(0, '3'),
      ]),
    );
    await server.pass(10);
    expect(client.text).toBe(model.text);
    expect(model.text).toBe('3one ab😀 two\ncd');
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  test('while a character is composed the others wait, and typing goes on', async () => {
    const server = new FakeServer('ab');
    const client = await Client.open(server);
    client.live.hold(true);
    server.insert(0, 'theirs ');
    await server.pass(10);
    client.type(2, 'mine');
    expect(client.text).toBe('abmine');
    client.live.hold(false);
    expect(client.text).toBe('theirs abmine');
    await server.pass(10);
    expect(client.status).toMatchObject({ state: 'synchronized', unsavedEdits: 0 });

    client.live.hold(true);
    server.insert(0, 'soon ');
    await server.pass(9_900);
    expect(client.text).toBe('theirs abmine');
    await server.pass(200);
    expect(client.text).toBe('soon theirs abmine');
  });

  test('what waited on a socket that was cut comes on the next one', async () => {
    const server = new FakeServer('ab');
    const client = await Client.open(server);
    client.live.hold(true);
    server.insert(0, 'x');
    server.cut();
    client.live.hold(false);
    await server.pass(10);
    expect(client.text).toBe('ab');
  });

  test('undo takes back own edits and leaves those of others', async () => {
    const server = new FakeServer('');
    const client = await Client.open(server);
    client.type(0, 'mine');
    await server.pass(10);
    server.insert(4, ' theirs');
    await server.pass(10);
    expect(client.live.drive((core, now) => core.undo(DOCUMENT, now))).toBe(true);
    expect(client.text).toBe(' theirs');
    expect(client.live.drive((core, now) => core.undo(DOCUMENT, now))).toBe(false);
    expect(client.live.drive((core, now) => core.redo(DOCUMENT, now))).toBe(true);
    expect(client.text).toBe('mine theirs');
    expect(client.events.flatMap((event) => (event.type === 'changed' ? event.cause : []))).toEqual(
      ['remote', 'undo', 'redo'],
    );
  });

  test('sets no timer anew with every key, and answers are waited for all the same', async () => {
    const server = new FakeServer('');
    const client = await Client.open(server);
    const schedule = vi.spyOn(server, 'schedule');
    server.silent = true;
    for (let at = 0; at < 20; at += 1) {
      client.type(at, 'x');
    }
    expect(schedule.mock.calls.length).toBeLessThanOrEqual(1);
    await server.pass(120_000);
    // It asks again: joins anew, and sends the same once more.
    expect(server.submissions.filter(({ seq }) => seq === 1).length).toBeGreaterThan(1);
  });

  test('knows who else is there', async () => {
    const server = new FakeServer('');
    const client = await Client.open(server);
    server.arrive('Bo', 3);
    await server.pass(10);
    expect(client.core.peers(DOCUMENT)).toEqual([
      { author: 2, name: 'Bo', color: 3, selections: [] },
    ]);
  });

  test('goes on offline and sends everything when the server is back', async () => {
    const server = new FakeServer('');
    const client = await Client.open(server);
    server.reachable = false;
    server.cut();
    await server.pass(10);
    client.type(0, 'a');
    client.type(1, 'b');
    expect(client.status).toMatchObject({ state: 'waiting', unsavedEdits: 2 });
    expect(client.text).toBe('ab');
    await server.pass(60_000);
    expect(client.status.state).toBe('waiting');
    server.reachable = true;
    await server.pass(120_000);
    expect(client.status).toMatchObject({ state: 'synchronized', unsavedEdits: 0 });
  });

  test('keys that follow each other closely are sent together, a first one at once', async () => {
    const server = new FakeServer('');
    const client = await Client.open(server);
    for (const [at, key] of ['a', 'b', 'c'].entries()) {
      client.type(at, key);
      await server.pass(20);
    }
    expect(server.submissions).toHaveLength(1);
    await server.pass(250);
    expect(server.submissions).toHaveLength(2);
    expect(client.status).toMatchObject({ state: 'synchronized', unsavedEdits: 0 });

    client.type(3, 'd');
    expect(client.status).toMatchObject({ state: 'sending', unsavedEdits: 1 });
    client.live.drive((core, now) => core.sendNow(now));
    await server.pass(10);
    expect(server.submissions).toHaveLength(3);
    expect(client.status).toMatchObject({ state: 'synchronized', unsavedEdits: 0 });
  });

  test('a tab that died sends what it had, under the same number, once', async () => {
    const server = new FakeServer('start');
    const { store, journal } = await newJournal();
    const first = await Client.open(server, journal);
    server.silent = true;
    first.type(5, '!');
    await first.writer.idle();
    await server.pass(10);
    const sent = server.submissions.at(-1);
    first.type(6, '?');
    await first.writer.idle();
    first.live.dispose();

    server.silent = false;
    const reopened = await store.journal(DOCUMENT, journal.client);
    const second = await Client.restore(server, reopened);
    await second.writer.idle();
    // What was typed after it is another submission, which is not sent right behind.
    await server.pass(310);
    expect(second.text).toBe('start!?');
    expect(server.submissions[1]).toEqual(sent);
    expect(second.status).toMatchObject({ state: 'synchronized', unsavedEdits: 0 });
    await second.writer.idle();

    const third = await Client.restore(server, await store.journal(DOCUMENT, journal.client));
    expect(third.text).toBe('start!?');
    expect(third.status.unsavedEdits).toBe(0);
  });

  test('without a login typing goes on, and another token brings it to the server', async () => {
    const server = new FakeServer('abc');
    const client = await Client.open(server);
    server.refuse(105, 'who are you');
    const asked = { type: 'login-needed', code: 105, message: 'who are you' };
    client.type(3, 'd');
    await server.pass(600_000);
    expect(client.events).toContainEqual(asked);
    expect(client.status).toMatchObject({ state: 'waiting', unsavedEdits: 1 });
    client.live.drive((core, now) => core.setToken("Ana's", now));
    await server.pass(10_000);
    expect(server.tokens).toEqual(["Ana's"]);
    expect(client.status).toMatchObject({ state: 'synchronized', unsavedEdits: 0 });
    client.live.drive((core, now) => core.setToken('another', now));
    await server.pass(10);
    expect(server.tokens).toEqual(["Ana's", 'another']);
  });

  test('connects anew after bytes that are no frame, and never traps', async () => {
    const server = new FakeServer('still here');
    const client = await Client.open(server);
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    let state = 1;
    for (let round = 0; round < 300; round += 1) {
      const noise = Uint8Array.from({ length: round % 40 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 24;
      });
      server.say(noise);
      await server.pass(60_000);
    }
    expect(said).toHaveBeenCalled();
    said.mockRestore();
    expect(client.text).toContain('still here');
  }, 60_000);

  test('a mistake of the caller is an Error with a sentence', async () => {
    const client = await Client.open(new FakeServer('abc'));
    expect(() => client.type(7, 'x')).toThrow(Error);
    expect(() => client.core.open('no id', newClient(), 0)).toThrow(/document id/);
    expect(() => client.core.openRestored(DOCUMENT, Uint8Array.of(1, 2, 3), 0)).toThrow(Error);
    expect(() => client.core.text('00000000-0000-0000-0000-000000000000')).toThrow(Error);
    expect(client.text).toBe('abc');
  });
});
