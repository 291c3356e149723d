/**
 * Joins a plain text field to a replica, where Monaco does not work. The field tells its text and no change, which the
 * core finds; what others do is put in beside the caret.
 */
import type { Cause, TextEdit } from '../wasm/codesync_core';
import type { ReplicaPort } from './binding';

export interface FieldPort extends ReplicaPort {
  /** The text is this now, and the caret there, in UTF-16 units: the core finds what was typed. Throws as `edit`. */
  retype(text: string, caret: number): void;
}

export class TextareaBinding {
  readonly #field: HTMLTextAreaElement;
  readonly #replica: FieldPort;
  readonly #hold: (held: boolean) => void;
  readonly #onRefused: (message: string) => void;
  readonly #listening = new AbortController();

  /**
   * `hold` keeps what others do away while somebody composes a character: a field that is changed by a program gives the
   * composition up, and many a phone's keyboard then types the word a second time. The server's answers wait with it,
   * since nobody but the core tells them apart; so others see the beginning at once and the rest with the end of the
   * word. To let the answers through would send more of the unfinished word, which the next key may turn into another.
   */
  constructor(
    field: HTMLTextAreaElement,
    replica: FieldPort,
    hold: (held: boolean) => void,
    onRefused: (message: string) => void,
  ) {
    this.#field = field;
    this.#replica = replica;
    this.#hold = hold;
    this.#onRefused = onRefused;
    this.#show(replica.text());
    const { signal } = this.#listening;
    field.addEventListener('input', () => this.#passOn(), { signal });
    field.addEventListener('beforeinput', (event) => this.#undoByCore(event), { signal });
    field.addEventListener('keydown', (event) => this.#undoByKey(event), { signal });
    field.addEventListener('paste', () => replica.breakUndoGroup(), { signal });
    field.addEventListener('compositionstart', () => hold(true), { signal });
    field.addEventListener(
      'compositionend',
      () => {
        this.#passOn();
        hold(false);
      },
      { signal },
    );
    field.ownerDocument.addEventListener('selectionchange', () => this.#passOnSelection(), {
      signal,
    });
  }

  dispose(): void {
    this.#listening.abort();
    this.#hold(false);
  }

  /** Edits of one `changed` event, all relative to the text before. */
  apply(edits: readonly TextEdit[], cause: Cause): void {
    for (const { from, to, text } of edits.toReversed()) {
      this.#field.setRangeText(text, from, to, 'preserve');
    }
    const [own] = this.#replica.selections();
    if (cause !== 'remote' && own !== undefined) {
      this.#field.setSelectionRange(Math.min(own.anchor, own.head), Math.max(own.anchor, own.head));
    }
  }

  reload(text: string): void {
    this.#show(text);
  }

  check(): void {
    if (this.#field.value.length !== this.#replica.length()) {
      console.error('The field and the replica differ in length; showing the replica again.');
      this.#show(this.#replica.text());
    }
  }

  #passOn(): void {
    const { value, selectionEnd } = this.#field;
    try {
      this.#replica.retype(value, selectionEnd);
    } catch (error) {
      this.#show(this.#replica.text());
      this.#onRefused(error instanceof Error ? error.message : String(error));
      return;
    }
    if (!value.isWellFormed()) {
      // Half a surrogate pair has become U+FFFD in the replica.
      this.#show(this.#replica.text());
    }
  }

  #passOnSelection(): void {
    const { selectionStart, selectionEnd, selectionDirection } = this.#field;
    if (this.#field.ownerDocument.activeElement === this.#field) {
      const isBackward = selectionDirection === 'backward';
      this.#replica.select([
        {
          anchor: isBackward ? selectionEnd : selectionStart,
          head: isBackward ? selectionStart : selectionEnd,
        },
      ]);
    }
  }

  #undoByCore(event: InputEvent): void {
    if (event.inputType === 'historyUndo' || event.inputType === 'historyRedo') {
      event.preventDefault();
      this.#step(event.inputType === 'historyRedo');
    }
  }

  #undoByKey(event: KeyboardEvent): void {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === 'z' || key === 'y')) {
      event.preventDefault();
      this.#step(key === 'y' || event.shiftKey);
    }
  }

  #step(isRedo: boolean): void {
    if (isRedo) {
      this.#replica.redo();
    } else {
      this.#replica.undo();
    }
  }

  #show(text: string): void {
    const { selectionStart, selectionEnd } = this.#field;
    this.#field.value = text;
    this.#field.setSelectionRange(selectionStart, selectionEnd);
  }
}
