/** A stand-in for Monaco's model and editor: the calls the binding makes, on a plain string. */
import type { editor, IPosition, IRange, ISelection } from 'monaco-editor/editor';
import type { ModelChange } from '../src/collab/binding';

interface Edit {
  readonly range: IRange;
  readonly text: string;
}

export class FakeModel {
  text = '';
  readonly listeners = new Set<(event: { changes: ModelChange[] }) => void>();

  setEOL(): void {}

  getValueLength(): number {
    return this.text.length;
  }

  getFullModelRange(): IRange {
    const end = this.getPositionAt(this.text.length);
    return {
      startLineNumber: 1,
      startColumn: 1,
      endLineNumber: end.lineNumber,
      endColumn: end.column,
    };
  }

  getPositionAt(offset: number): IPosition {
    const before = this.text.slice(0, offset);
    return {
      lineNumber: before.split('\n').length,
      column: before.length - before.lastIndexOf('\n'),
    };
  }

  getOffsetAt(position: IPosition): number {
    const lines = this.text.split('\n').slice(0, position.lineNumber - 1);
    return lines.reduce((sum, line) => sum + line.length + 1, 0) + position.column - 1;
  }

  /** As Monaco does: all ranges are of the text before, and the event lists the changes from the end. */
  applyEdits(edits: readonly Edit[]): void {
    const changes = edits
      .map((edit) => {
        const from = this.getOffsetAt({
          lineNumber: edit.range.startLineNumber,
          column: edit.range.startColumn,
        });
        const to = this.getOffsetAt({
          lineNumber: edit.range.endLineNumber,
          column: edit.range.endColumn,
        });
        return { rangeOffset: from, rangeLength: to - from, text: edit.text };
      })
      .reverse();
    this.change(changes);
  }

  /** One content event with these changes. */
  change(changes: ModelChange[]): void {
    for (const { rangeOffset, rangeLength, text } of changes) {
      this.text =
        this.text.slice(0, rangeOffset) + text + this.text.slice(rangeOffset + rangeLength);
    }
    for (const listener of this.listeners) {
      listener({ changes });
    }
  }

  onDidChangeContent(listener: (event: { changes: ModelChange[] }) => void) {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  asMonaco(): editor.ITextModel & { undo(): void; redo(): void } {
    return this as unknown as editor.ITextModel & { undo(): void; redo(): void };
  }
}

export class FakeEditor {
  position: IPosition = { lineNumber: 1, column: 1 };
  selections: readonly ISelection[] = [];

  scrollTop = 0;
  isScrolling = false;

  getTopForPosition(lineNumber: number): number {
    return (lineNumber - 1) * 20;
  }

  getScrollTop(): number {
    return this.scrollTop;
  }

  setScrollTop(scrollTop: number): void {
    this.scrollTop = scrollTop;
  }

  getLayoutInfo(): { height: number } {
    return { height: 400 };
  }

  onDidChangeCursorSelection() {
    return { dispose: () => undefined };
  }

  onDidPaste() {
    return { dispose: () => undefined };
  }

  getPosition(): IPosition {
    return this.position;
  }

  setPosition(position: IPosition): void {
    this.position = position;
  }

  getSelections(): readonly ISelection[] {
    return this.selections;
  }

  setSelections(selections: readonly ISelection[]): void {
    this.selections = selections;
    const [first] = selections;
    if (first !== undefined) {
      this.position = { lineNumber: first.positionLineNumber, column: first.positionColumn };
    }
  }

  hasPendingScrollAnimation(): boolean {
    return this.isScrolling;
  }

  revealPositionInCenterIfOutsideViewport(): void {}

  asMonaco(): editor.ICodeEditor {
    return this as unknown as editor.ICodeEditor;
  }
}
