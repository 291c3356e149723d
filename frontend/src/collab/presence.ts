/** Draws where the others are: a caret with a name flag, and tinted selections. Only reads; presence never edits. */
import { editor, type IDisposable, type IPosition } from 'monaco-editor/editor';
import type { Peer } from '../wasm/codesync_core';
import type { Follow } from './follow';
import { peerClass } from './palette';
import type { Place, Whereabouts } from './whereabouts';

/** How long a name stands beside a caret that moved. */
const FLAG_MS = 1500;

export class Presence implements IDisposable {
  readonly #editor: editor.ICodeEditor;
  readonly #model: editor.ITextModel;
  readonly #selections: editor.IEditorDecorationsCollection;
  readonly #carets = new Map<string, Caret>();
  readonly #follow: Follow;
  readonly #whereabouts: Whereabouts;
  readonly #disposals: (() => void)[] = [];
  /** Where the leader stood when the screen last went along. */
  #went = '';

  constructor(
    codeEditor: editor.ICodeEditor,
    model: editor.ITextModel,
    follow: Follow,
    whereabouts: Whereabouts,
  ) {
    this.#editor = codeEditor;
    this.#model = model;
    this.#follow = follow;
    this.#whereabouts = whereabouts;
    this.#selections = codeEditor.createDecorationsCollection();
    const leave = follow.subscribe(() => {
      this.#went = '';
      this.#goAlong();
    });
    const scrolled = codeEditor.onDidScrollChange(() => this.#sayWhere());
    const resized = codeEditor.onDidLayoutChange(() => this.#sayWhere());
    const zoomed = codeEditor.onDidChangeConfiguration((event) => {
      if (event.hasChanged(editor.EditorOption.lineHeight)) {
        for (const caret of this.#carets.values()) {
          caret.fit();
        }
      }
    });
    this.#disposals.push(
      leave,
      () => scrolled.dispose(),
      () => resized.dispose(),
      () => zoomed.dispose(),
    );
  }

  dispose(): void {
    for (const dispose of this.#disposals) {
      dispose();
    }
    this.#whereabouts.set(new Map());
    this.#selections.clear();
    for (const caret of this.#carets.values()) {
      caret.dispose();
    }
    this.#carets.clear();
  }

  /** Shows these people and no others. `moved` says that this follows news of them, not an edit of the text. */
  show(peers: readonly Peer[], moved: boolean): void {
    const seen = new Set<string>();
    const ranges: editor.IModelDeltaDecoration[] = [];
    for (const peer of peers) {
      peer.selections.forEach((selection, index) => {
        const key = `${peer.author}.${index}`;
        seen.add(key);
        this.#placeCaret(key, peer, this.#model.getPositionAt(selection.head), moved);
        if (selection.anchor !== selection.head) {
          ranges.push(this.#selectionOf(peer, selection.anchor, selection.head));
        }
      });
    }
    for (const [key, caret] of this.#carets) {
      if (!seen.has(key)) {
        caret.dispose();
        this.#carets.delete(key);
      }
    }
    if (ranges.length > 0 || this.#selections.length > 0) {
      this.#selections.set(ranges);
    }
    this.#goAlong();
    this.#sayWhere();
  }

  /** Scrolls to somebody's caret and shows the name. */
  reveal(author: number): void {
    const caret = this.#carets.get(`${author}.0`);
    if (caret !== undefined) {
      this.#editor.revealPositionInCenterIfOutsideViewport(
        caret.position,
        editor.ScrollType.Smooth,
      );
      caret.flag();
    }
  }

  /** Keeps whom the user follows on the screen. */
  #goAlong(): void {
    const leader = this.#follow.leader();
    const caret = leader === null ? undefined : this.#carets.get(`${leader}.0`);
    if (leader === null || caret === undefined) {
      return;
    }
    const { lineNumber, column } = caret.position;
    const place = `${lineNumber}:${column}`;
    if (place !== this.#went) {
      this.#went = place;
      this.reveal(leader);
    }
  }

  #sayWhere(): void {
    const seen = this.#editor.getVisibleRanges();
    const first = seen[0]?.startLineNumber ?? 1;
    const last = seen.at(-1)?.endLineNumber ?? Number.POSITIVE_INFINITY;
    const places = new Map<number, Place>();
    for (const { author, isFirst, position } of this.#carets.values()) {
      if (isFirst) {
        const line = position.lineNumber;
        places.set(author, {
          line,
          side: line < first ? 'above' : line > last ? 'below' : 'in sight',
        });
      }
    }
    this.#whereabouts.set(places);
  }

  #placeCaret(key: string, peer: Peer, position: IPosition, moved: boolean): void {
    const caret = this.#carets.get(key);
    if (caret === undefined) {
      this.#carets.set(key, new Caret(this.#editor, key, peer, position));
    } else {
      caret.moveTo(position, moved);
    }
  }

  #selectionOf(peer: Peer, anchor: number, head: number): editor.IModelDeltaDecoration {
    const from = this.#model.getPositionAt(Math.min(anchor, head));
    const to = this.#model.getPositionAt(Math.max(anchor, head));
    return {
      range: {
        startLineNumber: from.lineNumber,
        startColumn: from.column,
        endLineNumber: to.lineNumber,
        endColumn: to.column,
      },
      options: {
        className: `peer-selection ${peerClass(peer.color)}`,
        stickiness: editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
      },
    };
  }
}

class Caret implements editor.IContentWidget, IDisposable {
  readonly suppressMouseDown = false;
  readonly author: number;
  /** Whether it is the one by which somebody with several is found. */
  readonly isFirst: boolean;
  readonly #editor: editor.ICodeEditor;
  readonly #id: string;
  readonly #node = document.createElement('div');
  #position: IPosition;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(codeEditor: editor.ICodeEditor, key: string, peer: Peer, position: IPosition) {
    this.#editor = codeEditor;
    this.#id = `codesync.caret.${key}`;
    this.#position = position;
    this.author = peer.author;
    this.isFirst = key.endsWith('.0');
    this.#node.className = `peer-caret ${peerClass(peer.color)}`;
    this.#node.classList.toggle('is-secondary', !this.isFirst);
    const name = document.createElement('span');
    name.className = 'peer-flag';
    name.textContent = peer.name;
    this.#node.append(name);
    this.fit();
    codeEditor.addContentWidget(this);
    this.flag();
  }

  get position(): IPosition {
    return this.#position;
  }

  getId(): string {
    return this.#id;
  }

  getDomNode(): HTMLElement {
    return this.#node;
  }

  getPosition(): editor.IContentWidgetPosition {
    return { position: this.#position, preference: [editor.ContentWidgetPositionPreference.EXACT] };
  }

  moveTo(position: IPosition, moved: boolean): void {
    if (
      position.lineNumber === this.#position.lineNumber &&
      position.column === this.#position.column
    ) {
      // With each key most people stand where they stood: to lay them out again costs a good part of it.
      return;
    }
    this.#position = position;
    this.fit();
    this.#editor.layoutContentWidget(this);
    if (moved) {
      this.flag();
    }
  }

  flag(): void {
    clearTimeout(this.#timer);
    this.#node.classList.add('is-flagged');
    this.#timer = setTimeout(() => this.#node.classList.remove('is-flagged'), FLAG_MS);
  }

  /** As tall as a line at the present zoom; above the first line there is no room, so its flag hangs below. */
  fit(): void {
    this.#node.style.height = `${this.#editor.getOption(editor.EditorOption.lineHeight)}px`;
    this.#node.classList.toggle('is-first-line', this.#position.lineNumber === 1);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#editor.removeContentWidget(this);
  }
}
