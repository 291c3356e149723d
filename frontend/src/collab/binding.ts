/**
 * Joins a Monaco model to a replica: every local change is passed on as the change it is, every remote edit is applied
 * in one batch that does not echo, and undo is the core's. The whole text crosses only when the two are found to
 * differ, which would be a mistake in this file or in Monaco.
 */
import type { editor, IDisposable, ISelection } from 'monaco-editor/editor';
import type { Cause, Selection, TextEdit } from '../wasm/codesync_core';

/** The replica, as far as an editor is concerned. Offsets are UTF-16 code units. */
export interface ReplicaPort {
  text(): string;
  length(): number;
  /** Throws with a sentence for the user when the document cannot take the edit. */
  edit(edits: readonly TextEdit[]): void;
  undo(): void;
  redo(): void;
  select(selections: readonly Selection[]): void;
  breakUndoGroup(): void;
  /** Where the user is, by the core's account. */
  selections(): readonly Selection[];
}

/** One change as Monaco tells it: offset and length before it, given that the changes before it in the list are in. */
export interface ModelChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

// Values of Monaco's enums, so that this file needs its types only and loads without a browser.
const END_OF_LINE_LF = 0 as editor.EndOfLineSequence.LF;
const END_OF_LINE_PREFERENCE_LF = 1 as editor.EndOfLinePreference.LF;
const CURSOR_CHANGE_EXPLICIT = 3;
const SCROLL_SMOOTH = 0 as editor.ScrollType.Smooth;
const SCROLL_IMMEDIATE = 1 as editor.ScrollType.Immediate;

/** Monaco routes every way to undo (keys, menus, the browser's own) through these two methods of its model. */
interface UndoableModel {
  undo(): void;
  redo(): void;
}

export class Binding implements IDisposable {
  readonly #editor: editor.ICodeEditor;
  readonly #model: editor.ITextModel;
  readonly #replica: ReplicaPort;
  readonly #onRefused: (message: string) => void;
  readonly #subscriptions: IDisposable[] = [];
  readonly #isLed: () => boolean;
  /** Since others' edits began to come in: the row that the caret was in before, if it was in sight. */
  #before: { row: number | null } | null = null;
  /** While set, changes of the model come from the replica. */
  #applying = false;

  constructor(
    codeEditor: editor.ICodeEditor,
    model: editor.ITextModel,
    replica: ReplicaPort,
    onRefused: (message: string) => void,
    /** Whether the window goes with somebody else. */
    isLed: () => boolean = () => false,
  ) {
    this.#isLed = isLed;
    this.#editor = codeEditor;
    this.#model = model;
    this.#replica = replica;
    this.#onRefused = onRefused;
    this.#fillModel(replica.text());
    const undoable = model as unknown as UndoableModel;
    undoable.undo = () => replica.undo();
    undoable.redo = () => replica.redo();
    this.#subscriptions.push(
      model.onDidChangeContent((event) => this.#passOn(event)),
      codeEditor.onDidChangeCursorSelection((event) => this.#passOnSelections(event)),
      codeEditor.onDidPaste(() => replica.breakUndoGroup()),
    );
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  /** Edits of one `changed` event, all relative to the text before it. */
  apply(edits: readonly TextEdit[], cause: Cause): void {
    if (cause === 'remote') {
      this.#before ??= { row: this.#rowInSight() };
    }
    this.#withoutEcho(() => {
      this.#model.applyEdits(
        edits.map((edit) => {
          const from = this.#model.getPositionAt(edit.from);
          const to = edit.to === edit.from ? from : this.#model.getPositionAt(edit.to);
          return {
            range: {
              startLineNumber: from.lineNumber,
              startColumn: from.column,
              endLineNumber: to.lineNumber,
              endColumn: to.column,
            },
            text: edit.text,
          };
        }),
      );
    });
    if (cause !== 'remote') {
      this.#showSelections();
    }
  }

  /** Shows another text as a whole. */
  reload(text: string): void {
    this.#rebuild(text);
  }

  /**
   * Compares model and replica once both have heard the same news. Cheap enough for every change: both lengths are
   * known without a walk over the text.
   */
  check(): void {
    if (this.#model.getValueLength(END_OF_LINE_PREFERENCE_LF) !== this.#replica.length()) {
      console.error('The editor and the replica differ in length; showing the replica again.');
      this.#rebuild(this.#replica.text());
    }
    if (this.#before !== null) {
      const { row } = this.#before;
      this.#before = null;
      this.#takeSelections();
      this.#returnTo(row);
    }
  }

  /**
   * What somebody else inserted where a caret is stands behind it, as the core has it and everybody sees it. Monaco
   * takes the caret along.
   */
  #takeSelections(): void {
    const mine = this.#editor.getSelections() ?? [];
    const wanted = this.#selections();
    const isElsewhere = wanted.some((selection, index) => !isSame(selection, mine[index]));
    if (isElsewhere && wanted.length === mine.length) {
      this.#withoutEcho(() => this.#editor.setSelections(wanted));
    }
  }

  /** Where one writes stays in its row of the screen, whoever writes above. */
  #returnTo(row: number | null): void {
    const now = this.#caretRow();
    // A window that moves already has its reason to, which would end here.
    const isFree = !this.#isLed() && !this.#editor.hasPendingScrollAnimation();
    if (row !== null && now !== null && now !== row && isFree) {
      this.#editor.setScrollTop(this.#editor.getScrollTop() + now - row, SCROLL_IMMEDIATE);
    }
  }

  #passOn(event: editor.IModelContentChangedEvent): void {
    if (this.#applying) {
      return;
    }
    try {
      for (const edits of editsOf(event.changes)) {
        this.#replica.edit(edits);
      }
    } catch (error) {
      this.#rebuild(this.#replica.text());
      this.#onRefused(error instanceof Error ? error.message : String(error));
      return;
    }
    if (event.changes.some((change) => !change.text.isWellFormed())) {
      // Half a surrogate pair has become U+FFFD in the replica.
      this.#rebuild(this.#replica.text());
    }
    this.check();
  }

  #passOnSelections(event: editor.ICursorSelectionChangedEvent): void {
    if (this.#applying) {
      return;
    }
    if (event.reason === CURSOR_CHANGE_EXPLICIT) {
      this.#replica.breakUndoGroup();
    }
    this.#replica.select(
      [event.selection, ...event.secondarySelections].map((selection) => ({
        anchor: this.#model.getOffsetAt({
          lineNumber: selection.selectionStartLineNumber,
          column: selection.selectionStartColumn,
        }),
        head: this.#model.getOffsetAt({
          lineNumber: selection.positionLineNumber,
          column: selection.positionColumn,
        }),
      })),
    );
  }

  /** How far below the upper edge of the window the caret's row is, in pixels, in sight or not. */
  #caretRow(): number | null {
    const caret = this.#editor.getPosition();
    if (caret === null) {
      return null;
    }
    const top = this.#editor.getTopForPosition(caret.lineNumber, caret.column);
    return top - this.#editor.getScrollTop();
  }

  #rowInSight(): number | null {
    const row = this.#caretRow();
    const { height } = this.#editor.getLayoutInfo();
    return row !== null && row >= 0 && row < height ? row : null;
  }

  /** Where the user is by the core's account, as Monaco says it. */
  #selections(): ISelection[] {
    return this.#replica.selections().map(({ anchor, head }) => {
      const from = this.#model.getPositionAt(anchor);
      const to = this.#model.getPositionAt(head);
      return {
        selectionStartLineNumber: from.lineNumber,
        selectionStartColumn: from.column,
        positionLineNumber: to.lineNumber,
        positionColumn: to.column,
      };
    });
  }

  /** After undo and redo the user is back where the step was made. */
  #showSelections(): void {
    const selections = this.#selections();
    const [first] = selections;
    if (first !== undefined) {
      this.#editor.setSelections(selections);
      this.#editor.revealPositionInCenterIfOutsideViewport(
        { lineNumber: first.positionLineNumber, column: first.positionColumn },
        SCROLL_SMOOTH,
      );
    }
  }

  /** By an edit and not by `setValue`, which would lose the caret and swallow a byte order mark. */
  #rebuild(text: string): void {
    const position = this.#editor.getPosition();
    this.#fillModel(text);
    if (position !== null) {
      this.#editor.setPosition(position);
    }
  }

  #fillModel(text: string): void {
    this.#withoutEcho(() => {
      this.#model.setEOL(END_OF_LINE_LF);
      this.#model.applyEdits([{ range: this.#model.getFullModelRange(), text }]);
    });
  }

  #withoutEcho(change: () => void): void {
    this.#applying = true;
    try {
      change();
    } finally {
      this.#applying = false;
    }
  }
}

function isSame(left: ISelection, right: ISelection | undefined): boolean {
  return (
    left.selectionStartLineNumber === right?.selectionStartLineNumber &&
    left.selectionStartColumn === right.selectionStartColumn &&
    left.positionLineNumber === right.positionLineNumber &&
    left.positionColumn === right.positionColumn
  );
}

/**
 * The replica's form of a list of changes: batches of ascending edits, each batch relative to one text. Monaco lists
 * the changes of one edit from the end of the text to its start; a change that does not lie before the one listed
 * earlier belongs to a later edit (several are told together when an edit causes another).
 */
export function editsOf(changes: readonly ModelChange[]): TextEdit[][] {
  const batches: TextEdit[][] = [];
  let limit = -1;
  for (const change of changes) {
    const end = change.rangeOffset + change.rangeLength;
    const edit = { from: change.rangeOffset, to: end, text: change.text };
    const batch = batches.at(-1);
    if (batch !== undefined && end <= limit) {
      batch.push(edit);
    } else {
      batches.push([edit]);
    }
    limit = change.rangeOffset;
  }
  for (const batch of batches) {
    batch.reverse();
  }
  return batches;
}
