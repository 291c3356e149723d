/**
 * One open document on this page: claims a client id and its journal, drives the core, and tells the user interface
 * what it needs to know. Plain TypeScript; React reads it through `useSession`.
 */
import { createDocument } from '../api/rest';
import { Connection, type Event, type Peer, type State } from '../wasm/codesync_core';
import type { Binding, ReplicaPort } from './binding';
import { type Claim, claimJournal } from './claim';
import { browserSurroundings, LiveConnection, type Surroundings } from './connection';
import { loadCore } from './core';
import { sendLeftovers } from './leftovers';
import type { Presence } from './presence';
import { OrderedWriter } from './writer';

export interface Person {
  readonly author: number;
  readonly name: string;
  readonly color: number;
}

/** Something the user should know and may put away. */
export interface Notice {
  readonly text: string;
  /** Text of the user's that has no place in the document any more; never thrown away unseen. */
  readonly copy?: string;
  /** Where that text went. */
  readonly link?: string;
}

export interface SessionView {
  readonly phase: 'opening' | 'open' | 'failed';
  /** Why `failed`: a sentence that says what to do. */
  readonly failure: string | null;
  /** The document's name, once somebody told us. */
  readonly name: string | null;
  readonly state: State;
  readonly saved: number;
  readonly unsavedEdits: number;
  /** Whether unsent edits survive the tab. */
  readonly kept: boolean;
  readonly online: boolean;
  readonly people: readonly Person[];
  readonly notice: Notice | null;
}

/** What draws the document: Monaco, by way of these two. */
export interface EditorSide {
  readonly binding: Pick<Binding, 'apply' | 'check' | 'reload'>;
  readonly presence: Pick<Presence, 'show'>;
}

const OPENING: SessionView = {
  phase: 'opening',
  failure: null,
  name: null,
  state: 'loading',
  saved: 0,
  unsavedEdits: 0,
  kept: true,
  online: true,
  people: [],
  notice: null,
};

/** Sessions that are still putting their journals in order, by document: the next one waits for them. */
const closing = new Map<string, Promise<void>>();

export class DocumentSession {
  readonly document: string;
  readonly #person: string;
  readonly #surroundings: Surroundings;
  readonly #listeners = new Set<() => void>();
  #view = OPENING;
  #live: LiveConnection | null = null;
  #writer: OrderedWriter | null = null;
  #claim: Claim | null = null;
  #core: Connection | null = null;
  #editor: EditorSide | null = null;
  #disposed = false;
  #leftoversSent = false;
  /** What the news being told did: changed the text in the editor, moved text under carets, moved carets. */
  #changed = false;
  #textMoved = false;
  #peersMoved = false;

  constructor(document: string, person: string, surroundings = browserSurroundings(socketUrl())) {
    this.document = document;
    this.#person = person;
    this.#surroundings = surroundings;
    window.addEventListener('online', this.#reconnect);
    void this.#open();
  }

  dispose(): void {
    if (this.#disposed) {
      return;
    }
    this.#disposed = true;
    window.removeEventListener('online', this.#reconnect);
    this.#editor = null;
    this.#live?.dispose();
    const done = this.#release();
    closing.set(this.document, done);
    void done.then(() => {
      if (closing.get(this.document) === done) {
        closing.delete(this.document);
      }
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): SessionView => this.#view;

  /** The whole text. For showing it the first time and for download, not per keystroke. */
  text(): string {
    return this.#core?.text(this.document) ?? '';
  }

  peers(): readonly Peer[] {
    return this.#core?.peers(this.document) ?? [];
  }

  /** From here on the editor gets every change, until the returned function is called. */
  attach(editor: EditorSide): () => void {
    this.#editor = editor;
    editor.presence.show(this.peers(), false);
    return () => {
      if (this.#editor === editor) {
        this.#editor = null;
      }
    };
  }

  /** The replica as the editor's binding wants it. */
  readonly replica: ReplicaPort = {
    text: () => this.text(),
    length: () => this.#core?.length(this.document) ?? 0,
    edit: (edits) => {
      this.#textMoved = true;
      this.#drive((core, now) => core.edit(this.document, [...edits], now));
    },
    undo: () => void this.#drive((core, now) => core.undo(this.document, now)),
    redo: () => void this.#drive((core, now) => core.redo(this.document, now)),
    select: (selections) =>
      this.#drive((core, now) => core.setSelections(this.document, [...selections], now)),
    selections: () => this.#core?.selections(this.document) ?? [],
    breakUndoGroup: () => this.#drive((core) => core.breakUndoGroup(this.document)),
  };

  putNoticeAway(): void {
    this.#update({ notice: null });
  }

  show(notice: Notice): void {
    this.#update({ notice });
  }

  async #open(): Promise<void> {
    try {
      await Promise.all([loadCore(), closing.get(this.document)]);
    } catch (cause) {
      console.error(cause);
      this.#fail(
        'The editor could not be loaded. Reload the page; if this stays, allow WebAssembly for this site or use a current browser.',
      );
      return;
    }
    const claim = await claimJournal(this.document);
    if (this.#disposed) {
      claim.dispose();
      return;
    }
    this.#claim = claim;
    try {
      this.#start(claim);
    } catch (cause) {
      await this.#startAfresh(claim, cause);
    }
  }

  /** A journal that cannot be read is kept aside, and the document is opened as a new client would. */
  async #startAfresh(damaged: Claim, cause: unknown): Promise<void> {
    console.error('The journal of this document cannot be read.', cause);
    this.#live?.dispose();
    await damaged.journal?.setAside();
    damaged.dispose();
    const claim = await claimJournal(this.document);
    this.#claim = claim;
    this.#start(claim);
    this.show({
      text: 'Edits stored in this browser could not be read; they were set aside. The document is as the server has it.',
    });
  }

  #start(claim: Claim): void {
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
    const core = new Connection(this.#person, seed);
    const writer = new OrderedWriter(claim.journal, (cause) => this.#journalLost(cause));
    const live = new LiveConnection(core, writer, this.#surroundings, {
      onEvent: (event) => this.#handle(event),
      onSettled: () => this.#settle(),
    });
    this.#core = core;
    this.#writer = writer;
    this.#live = live;
    this.#update({ kept: claim.journal !== null });
    if (claim.problem !== null) {
      this.show({ text: claim.problem });
    }
    const restored = claim.journal?.restored;
    if (restored !== undefined && restored.length > 0) {
      live.drive((it, now) => it.openRestored(this.document, restored, now));
    } else {
      live.drive((it, now) => it.open(this.document, claim.client, now));
    }
    this.#refresh();
  }

  /** The network is back: no need to wait for the next attempt. */
  readonly #reconnect = (): void => {
    this.#drive((core, now) => core.reconnect(now));
  };

  #drive<Answer>(tell: (core: Connection, now: number) => Answer): Answer | undefined {
    return this.#live?.drive(tell);
  }

  #handle(event: Event): void {
    switch (event.type) {
      case 'opened':
        this.#update({ phase: 'open' });
        this.#refresh();
        this.#editor?.binding.reload(event.text);
        this.#changed = true;
        this.#textMoved = true;
        break;
      case 'changed':
        this.#editor?.binding.apply(event.edits, event.cause);
        this.#changed = true;
        this.#textMoved = true;
        break;
      case 'status':
        this.#refresh();
        break;
      case 'peers':
        this.#refreshPeople();
        this.#peersMoved = true;
        break;
      case 'renamed':
        this.#update({ name: event.name });
        break;
      case 'conflict':
        void this.#keepCopy(event.text, event.reason);
        break;
      case 'refused':
        this.#refused(event.message);
        break;
      case 'online':
        this.#update({ online: true });
        break;
      case 'offline':
        this.#update({ online: false });
        break;
      case 'login-needed':
        this.show({
          text: `Log in to go on: ${event.message}. What you type is kept in this browser.`,
        });
        break;
      case 'token-expiring':
        break;
    }
  }

  /** Text that has no place in the document any more becomes a document of its own, or at worst a file. */
  async #keepCopy(copy: string, reason: string): Promise<void> {
    this.show({ text: `This copy was set apart: ${reason}. Keeping it as a new document…`, copy });
    const moment = new Date().toISOString().slice(0, 16).replace('T', ' ');
    try {
      const { id } = await createDocument({
        name: `${this.#view.name ?? 'Document'} (copy of ${this.#person}, ${moment})`,
        text: copy,
      });
      this.show({
        text: `This copy was set apart: ${reason}. What you had is kept as a new document.`,
        copy,
        link: `/d/${id}`,
      });
    } catch (cause) {
      console.error(cause);
      this.show({
        text: `This copy was set apart: ${reason}. It could not be kept on the server: keep it as a file now.`,
        copy,
      });
    }
  }

  #settle(): void {
    if (this.#changed) {
      this.#editor?.binding.check();
    }
    this.#changed = false;
    if (this.#textMoved || this.#peersMoved) {
      this.#editor?.presence.show(this.peers(), this.#peersMoved);
    }
    this.#textMoved = false;
    this.#peersMoved = false;
  }

  #refused(message: string): void {
    const sentence = `The server refused: ${message}.`;
    if (this.#view.phase === 'open') {
      this.show({ text: sentence });
    } else {
      this.#fail(sentence);
    }
  }

  #refresh(): void {
    const status = this.#core?.status(this.document);
    if (status === undefined) {
      return;
    }
    if (status.state === 'waiting' && status.unsavedEdits > this.#view.unsavedEdits) {
      // "17 waiting · kept" is said once the seventeenth is kept.
      void this.#writer?.idle().then(() => this.#showStatus());
    } else {
      this.#showStatus();
    }
  }

  #showStatus(): void {
    const status = this.#core?.status(this.document);
    if (status === undefined) {
      return;
    }
    this.#update({
      state: status.state,
      saved: status.saved,
      unsavedEdits: status.unsavedEdits,
    });
    if (status.state === 'synchronized' && !this.#leftoversSent) {
      this.#leftoversSent = true;
      void sendLeftovers(this.document, this.#person, this.#surroundings).catch(console.error);
    }
  }

  #refreshPeople(): void {
    const people = this.peers().map(({ author, name, color }) => ({ author, name, color }));
    const same =
      people.length === this.#view.people.length &&
      people.every((person, index) => {
        const before = this.#view.people[index];
        return (
          before !== undefined &&
          before.author === person.author &&
          before.name === person.name &&
          before.color === person.color
        );
      });
    if (!same) {
      this.#update({ people });
    }
  }

  /**
   * A journal with a gap would bring back a past that never was, so it goes, and its client id is never used again.
   */
  #journalLost(cause: unknown): void {
    console.error('The journal could not be written.', cause);
    this.#claim?.journal?.remove().catch(console.error);
    this.#update({ kept: false });
    this.show({
      text: 'This browser could not store your edits (its storage may be full). Keep this tab open until everything is saved.',
    });
  }

  async #release(): Promise<void> {
    await this.#writer?.idle();
    this.#claim?.dispose();
    this.#core?.free();
    this.#core = null;
  }

  #fail(failure: string): void {
    this.#update({ phase: 'failed', failure });
  }

  #update(change: Partial<SessionView>): void {
    this.#view = { ...this.#view, ...change };
    if (!this.#disposed) {
      for (const listener of this.#listeners) {
        listener();
      }
    }
  }
}

function socketUrl(): string {
  const url = new URL('/socket', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
