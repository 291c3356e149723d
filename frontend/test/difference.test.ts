import { describe, expect, test } from 'vitest';
import { difference } from '../src/collab/difference';

/** `|` is the caret after the change. */
function check(before: string, after: string, from: number, to: number, text: string): void {
  const caret = after.indexOf('|');
  expect(difference(before, after.replace('|', ''), caret)).toEqual({ from, to, text });
}

describe('difference', () => {
  test('says nothing of texts that are the same', () => {
    expect(difference('a', 'a', 1)).toBeNull();
  });

  test('finds what was typed, deleted or replaced', () => {
    check('ab', 'aX|b', 1, 1, 'X');
    check('aXb', 'a|b', 1, 2, '');
    check('one two three', 'one 2| three', 4, 7, '2');
    check('', 'all|', 0, 0, 'all');
    check('all', '|', 0, 3, '');
  });

  test('puts one more of the same where the caret is', () => {
    check('aaaa', 'aa|aaa', 1, 1, 'a');
    check('aaaa', 'aaaaa|', 4, 4, 'a');
    check('a\n\nb', 'a\n\n|\nb', 2, 2, '\n');
  });

  test('never parts the halves of a character', () => {
    check('😀', '😁|', 0, 2, '😁');
    check('x😀y', 'x🤀|y', 1, 3, '🤀');
  });

  test('makes the one text of the other, whatever they are', () => {
    let state = 11;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const some = () => Array.from({ length: random(7) }, () => 'ab😀\n'.charAt(random(5))).join('');
    for (let round = 0; round < 2_000; round += 1) {
      const [before, after] = [some(), some()];
      const edit = difference(before, after, random(after.length + 1));
      const made =
        edit === null ? before : before.slice(0, edit.from) + edit.text + before.slice(edit.to);
      expect(made).toBe(after);
    }
  });
});
