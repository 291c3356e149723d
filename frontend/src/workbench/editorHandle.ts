/** What the page around an editor may ask of it, whichever editor it is. */
export interface EditorHandle {
  focus(): void;
  /** Goes to somebody's caret. */
  reveal(author: number): void;
  /** The line of the caret, from 1 on. */
  line(): number;
  /** What the editor itself can do, for the palette. */
  actions(): readonly EditorAction[];
}

export interface EditorAction {
  readonly id: string;
  readonly label: string;
  readonly run: () => void;
}

export interface CaretPosition {
  readonly line: number;
  readonly column: number;
}
