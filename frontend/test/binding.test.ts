import { describe, expect, test } from 'vitest';
import { Binding, editsOf, type ReplicaPort } from '../src/collab/binding';
import type { Selection, TextEdit } from '../src/wasm/codesync_core';
import { FakeEditor, FakeModel } from './model';

/** A replica of one: what an editor would see of the core while nobody else types. */
class NaiveReplica implements ReplicaPort {
  content: string;
  calls: string[] = [];
  refusal: string | null = null;
  stands: Selection[] = [];

  constructor(content: string) {
    this.content = content;
  }

  text(): string {
    return this.content;
  }

  length(): number {
    return this.content.length;
  }

  edit(edits: readonly TextEdit[]): void {
    if (this.refusal !== null) {
      throw new Error(this.refusal);
    }
    this.calls.push('edit');
    this.content = applied(this.content, edits);
  }

  undo(): void {
    this.calls.push('undo');
  }

  redo(): void {
    this.calls.push('redo');
  }

  select(): void {}

  breakUndoGroup(): void {}

  selections(): readonly Selection[] {
    return this.stands;
  }
}

function applied(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let end = 0;
  for (const edit of edits) {
    expect(edit.from).toBeGreaterThanOrEqual(end);
    result += text.slice(end, edit.from) + edit.text;
    end = edit.to;
  }
  return result + text.slice(end);
}

function bound(content: string, isLed = false) {
  const replica = new NaiveReplica(content);
  const model = new FakeModel();
  const editor = new FakeEditor();
  const refusals: string[] = [];
  const binding = new Binding(
    editor.asMonaco(),
    model.asMonaco(),
    replica,
    (message) => refusals.push(message),
    () => isLed,
  );
  return { replica, model, editor, binding, refusals };
}

describe('what others write above the line one writes', () => {
  /** The caret is in the third line; thirty more are inserted above it, which are more than the window shows. */
  function inserted(isLed: boolean, isScrolling: boolean) {
    const { replica, editor, binding } = bound('one\ntwo\nthree\n', isLed);
    editor.isScrolling = isScrolling;
    editor.position = { lineNumber: 3, column: 1 };
    const above = 'new\n'.repeat(30);
    replica.content = `${above}one\ntwo\nthree\n`;
    replica.stands = [{ anchor: above.length + 8, head: above.length + 8 }];
    editor.selections = [caretAt(3)];
    binding.apply([{ from: 0, to: 0, text: above }], 'remote');
    binding.check();
    return editor;
  }

  const caretAt = (line: number) => ({
    selectionStartLineNumber: line,
    selectionStartColumn: 1,
    positionLineNumber: line,
    positionColumn: 1,
  });

  test('leaves it in its row', () => {
    const editor = inserted(false, false);
    expect(editor.position.lineNumber).toBe(33);
    expect(editor.scrollTop).toBe(30 * 20);
  });

  test('does not move the window that goes with somebody, or is on its way', () => {
    expect(inserted(true, false).scrollTop).toBe(0);
    expect(inserted(false, true).scrollTop).toBe(0);
  });

  test('is behind the caret where it is inserted right there', () => {
    const { replica, editor, binding } = bound('');
    replica.content = 'new\nnew\n';
    replica.stands = [{ anchor: 0, head: 0 }];
    // Monaco has taken it along.
    editor.setSelections([caretAt(3)]);
    editor.position = { lineNumber: 1, column: 1 };
    binding.apply([{ from: 0, to: 0, text: 'new\nnew\n' }], 'remote');
    binding.check();
    expect(editor.selections).toEqual([caretAt(1)]);
    expect(editor.scrollTop).toBe(0);
  });
});

describe('editsOf', () => {
  test('turns the changes of several carets into one ascending batch', () => {
    expect(
      editsOf([
        { rangeOffset: 9, rangeLength: 0, text: 'c' },
        { rangeOffset: 4, rangeLength: 2, text: 'b' },
        { rangeOffset: 0, rangeLength: 0, text: 'a' },
      ]),
    ).toEqual([
      [
        { from: 0, to: 0, text: 'a' },
        { from: 4, to: 6, text: 'b' },
        { from: 9, to: 9, text: 'c' },
      ],
    ]);
  });

  test('starts a new batch where a change builds on the one before', () => {
    expect(
      editsOf([
        { rangeOffset: 0, rangeLength: 0, text: '(' },
        { rangeOffset: 1, rangeLength: 0, text: ')' },
      ]),
    ).toEqual([[{ from: 0, to: 0, text: '(' }], [{ from: 1, to: 1, text: ')' }]]);
  });

  test('agrees with applying the changes one after the other, whatever they are', () => {
    const random = seeded(7);
    for (let round = 0; round < 500; round += 1) {
      let text = 'abcdefghij'.slice(0, random(11));
      const before = text;
      const changes = Array.from({ length: 1 + random(5) }, (_, index) => {
        const rangeOffset = random(text.length + 1);
        const rangeLength = random(text.length - rangeOffset + 1);
        const inserted = String(index).repeat(random(3));
        text = text.slice(0, rangeOffset) + inserted + text.slice(rangeOffset + rangeLength);
        return { rangeOffset, rangeLength, text: inserted };
      });
      expect(editsOf(changes).reduce(applied, before)).toBe(text);
    }
  });
});

describe('Binding', () => {
  test('fills the model from the replica without an echo', () => {
    const { model, replica } = bound('one\ntwo');
    expect(model.text).toBe('one\ntwo');
    expect(replica.calls).toEqual([]);
  });

  test('passes a local change on, once', () => {
    const { model, replica } = bound('one\ntwo');
    model.change([{ rangeOffset: 3, rangeLength: 1, text: ' and ' }]);
    expect(replica.content).toBe('one and two');
    expect(replica.calls).toEqual(['edit']);
  });

  test('applies remote edits in one batch and does not send them back', () => {
    const { model, replica, binding } = bound('one\ntwo\n😀');
    replica.content = 'One\ntwo!\n😀😀';
    binding.apply(
      [
        { from: 0, to: 1, text: 'O' },
        { from: 7, to: 7, text: '!' },
        { from: 10, to: 10, text: '😀' },
      ],
      'remote',
    );
    expect(model.text).toBe('One\ntwo!\n😀😀');
    expect(replica.calls).toEqual([]);
  });

  test('routes undo and redo of the model to the replica', () => {
    const { model, replica } = bound('');
    model.asMonaco().undo();
    model.asMonaco().redo();
    expect(replica.calls).toEqual(['undo', 'redo']);
  });

  test('puts the carets where the core says after an undo', () => {
    const { editor, replica, binding } = bound('ab\ncd');
    replica.content = 'ab\ncXYd';
    replica.stands = [{ anchor: 4, head: 6 }];
    binding.apply([{ from: 4, to: 4, text: 'XY' }], 'undo');
    expect(editor.selections).toEqual([
      {
        selectionStartLineNumber: 2,
        selectionStartColumn: 2,
        positionLineNumber: 2,
        positionColumn: 4,
      },
    ]);
  });

  test('shows the replica again when an edit is refused, and says why', () => {
    const { model, replica, refusals } = bound('full');
    replica.refusal = 'the document is full';
    model.change([{ rangeOffset: 4, rangeLength: 0, text: '!' }]);
    expect(model.text).toBe('full');
    expect(refusals).toEqual(['the document is full']);
  });

  test('shows what the replica made of half a surrogate pair', () => {
    const { model, replica } = bound('a');
    replica.edit = () => {
      replica.content = 'a\ufffd';
    };
    model.change([{ rangeOffset: 1, rangeLength: 0, text: '\ud83d' }]);
    expect(model.text).toBe('a\ufffd');
  });

  test('is silent after it was disposed of', () => {
    const { model, replica, binding } = bound('x');
    binding.dispose();
    model.change([{ rangeOffset: 0, rangeLength: 0, text: 'y' }]);
    expect(replica.content).toBe('x');
  });
});

/** A small linear congruential generator: the same rounds on every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
