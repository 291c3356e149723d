/**
 * One open document on this page: claims a client id and its journal, drives the core, and tells the user interface
 * what it needs to know. Plain TypeScript; React reads it through `useSession`.
 */
import type { Api } from '../api/client';
import { socketUrl } from '../api/origin';
import { Connection, type Event, type Peer } from '../wasm/codesync_core';
import type { Binding } from './binding';
import { type Claim, claimJournal } from './claim';
import { browserSurroundings, LiveConnection, type Surroundings } from './connection';
import { copyName, keepCopy } from './copies';
import { loadCore } from './core';
import { oncePerFrame } from './frames';
import { shelfOf } from './journal';
import { sendLeftovers } from './leftovers';
import { Login } from './login';
import type { Presence } from './presence';
import type { FieldPort } from './textarea';
import { type Notice, OPENING, type SessionView, samePeople } from './view';
import { placed } from './whereabouts';
import { OrderedWriter } from './writer';

export type { Notice, Person, SessionView } from './view';

/** What draws the document: Monaco, by way of these two. */
export interface EditorSide {
  readonly binding: Pick<Binding, 'apply' | 'check' | 'reload'>;
  readonly presence: Pick<Presence, 'show'>;
}

/** Who opens a document. */
export interface Visitor {
  /** What others see. A server with accounts knows better. */
  readonly name: string;
  /** Whose journals these are; `null` on a server without accounts. */
  readonly user: string | null;
  readonly api: Api;
}

/** Sessions that are still putting their journals in order, by shelf: the next one waits for them. */
const closing = new Map<string, Promise<void>>();

export class DocumentSession {
  readonly document: string;
  readonly #visitor: Visitor;
  readonly #shelf: string;
  readonly #login: Login;
  readonly #surroundings: Surroundings;
  readonly #listeners = new Set<() => void>();
  readonly #tellSoon = oncePerFrame(() => this.#tell());
  #view = OPENING;
  #live: LiveConnection | null = null;
  #writer: OrderedWriter | null = null;
  #claim: Claim | null = null;
  #core: Connection | null = null;
  #editor: EditorSide | null = null;
  #disposed = false;
  #leftoversSent = false;
  /** The others as the core last told of them; where they are now, it says more cheaply. */
  #peers: readonly Peer[] = [];
  /** What the news being told did: changed the text in the editor, moved text under carets, moved carets. */
  #changed = false;
  #textMoved = false;
  #peersMoved = false;

  constructor(document: string, visitor: Visitor, surroundings = browserSurroundings(socketUrl())) {
    this.document = document;
    this.#visitor = visitor;
    this.#shelf = shelfOf(document, visitor.user);
    this.#surroundings = surroundings;
    this.#login = new Login(visitor.api.credentials, surroundings.now, (token) => {
      this.#update({ loginNeeded: false });
      this.#drive((core, now) => core.setToken(token, now));
    });
    window.addEventListener('online', this.reconnect);
    window.addEventListener('pagehide', this.#flush);
    window.document.addEventListener('visibilitychange', this.#flush);
    void this.#open();
  }

  dispose(): void {
    if (this.#disposed) {
      return;
    }
    this.#disposed = true;
    window.removeEventListener('online', this.reconnect);
    window.removeEventListener('pagehide', this.#flush);
    window.document.removeEventListener('visibilitychange', this.#flush);
    this.#editor = null;
    const done = this.#release();
    closing.set(this.#shelf, done);
    void done.then(() => {
      if (closing.get(this.#shelf) === done) {
        closing.delete(this.#shelf);
      }
    });
  }

  /** The name that others see. */
  get person(): string {
    return this.#visitor.name;
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

  /** The others, and where they are in the text as it is now. */
  peers(): readonly Peer[] {
    if (this.#core === null) {
      return [];
    }
    return placed(this.#peers, this.#core.carets(this.document));
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
  readonly replica: FieldPort = {
    text: () => this.text(),
    length: () => this.#core?.length(this.document) ?? 0,
    edit: (edits) => {
      this.#textMoved = true;
      this.#drive((core, now) => core.edit(this.document, [...edits], now));
    },
    retype: (text, caret) => {
      this.#textMoved = true;
      this.#drive((core, now) => core.retype(this.document, text, caret, now));
    },
    undo: () => void this.#drive((core, now) => core.undo(this.document, now)),
    redo: () => void this.#drive((core, now) => core.redo(this.document, now)),
    select: (selections) =>
      this.#drive((core, now) => core.setSelections(this.document, [...selections], now)),
    selections: () => this.#core?.selections(this.document) ?? [],
    breakUndoGroup: () => this.#drive((core) => core.breakUndoGroup(this.document)),
  };

  /** The network is back, or somebody hopes so: no need to wait for the next attempt. */
  readonly reconnect = (): void => {
    this.#drive((core, now) => core.reconnect(now));
  };

  /** Sends what waits for more to be typed. */
  sendNow(): void {
    this.#drive((core, now) => core.sendNow(now));
  }

  /** Keeps what others do away from the editor for a moment. */
  hold(held: boolean): void {
    this.#live?.hold(held);
  }

  /** Somebody has logged in at this page: what waits can be sent. */
  loggedIn(): void {
    void this.#login.loggedIn();
  }

  putNoticeAway(): void {
    this.#update({ notice: null });
  }

  show(notice: Notice): void {
    this.#update({ notice });
  }

  async #open(): Promise<void> {
    // Both are needed, and neither waits for the other.
    const token = this.#login.first();
    try {
      await Promise.all([loadCore(), closing.get(this.#shelf)]);
    } catch (cause) {
      console.error(cause);
      this.#fail(
        'The editor could not be loaded. Reload the page; if this stays, allow WebAssembly for this site or use a current browser.',
      );
      return;
    }
    const claim = await claimJournal(this.#shelf);
    const shown = await token;
    if (this.#disposed) {
      claim.dispose();
      return;
    }
    this.#claim = claim;
    try {
      this.#start(claim, shown);
    } catch (cause) {
      await this.#startAfresh(claim, shown, cause);
    }
  }

  /** A journal that cannot be read is kept aside, and the document is opened as a new client would. */
  async #startAfresh(damaged: Claim, token: string | null, cause: unknown): Promise<void> {
    console.error('The journal of this document cannot be read.', cause);
    this.#live?.dispose();
    await damaged.journal?.setAside();
    damaged.dispose();
    const claim = await claimJournal(this.#shelf);
    this.#claim = claim;
    this.#start(claim, token);
    this.show({
      text: 'Edits stored in this browser could not be read; they were set aside. The document is as the server has it.',
    });
  }

  #start(claim: Claim, token: string | null): void {
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
    const core = new Connection(this.#visitor.name, seed, token);
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

  /**
   * The page is seen no longer, and may be about to go. What was just typed is sent, if there is time left for it, and
   * what is known to be on the server need not be sent again by whoever opens this document next.
   */
  readonly #flush = (): void => {
    this.sendNow();
    this.#writer?.flush();
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
        void keepCopy(
          this.#visitor.api,
          copyName(this.#view.name, this.#visitor.name, new Date()),
          event.text,
          event.reason,
          (notice) => this.show(notice),
        );
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
        void this.#logInAgain();
        break;
      case 'token-expiring':
        void this.#login.renew();
        break;
    }
  }

  async #logInAgain(): Promise<void> {
    if (!(await this.#login.renew())) {
      this.#update({ loginNeeded: true });
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
    const hasEnded = this.#core?.status(this.document).state === 'ended';
    const sentence = hasEnded
      ? `Your access has ended: ${message}. The text stays here as you last had it: download what you need, or ask its owner to let you in again.`
      : `The server refused: ${message}.`;
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
      void sendLeftovers(this.document, this.#shelf, this.#visitor, this.#surroundings).catch(
        console.error,
      );
    }
  }

  #refreshPeople(): void {
    this.#peers = this.#core?.peers(this.document) ?? [];
    const people = this.#peers.map(({ author, name, color }) => ({ author, name, color }));
    if (!samePeople(people, this.#view.people)) {
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
    this.sendNow();
    await this.#writer?.idle();
    this.#live?.dispose();
    this.#claim?.dispose();
    this.#core?.free();
    this.#core = null;
  }

  #fail(failure: string): void {
    this.#update({ phase: 'failed', failure });
  }

  #update(change: Partial<SessionView>): void {
    this.#view = { ...this.#view, ...change };
    this.#tellSoon();
  }

  #tell(): void {
    if (!this.#disposed) {
      for (const listener of this.#listeners) {
        listener();
      }
    }
  }
}
