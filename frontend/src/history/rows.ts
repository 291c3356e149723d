/** A comparison of two texts, line by line, as rows to be shown. */
import type { Hunk } from '../api/history';

export type Row =
  | { readonly kind: 'same' | 'added'; readonly line: number; readonly text: string }
  | { readonly kind: 'removed'; readonly text: string }
  /** Lines that are the same and not shown. */
  | { readonly kind: 'gap'; readonly lines: number };

/** Lines that are the same and shown around what differs. */
const CONTEXT = 3;

/** `text` is the later of the two; `hunks` say how it differs from the earlier one. */
export function rowsOf(text: string, hunks: readonly Hunk[]): readonly Row[] {
  const lines = linesOf(text);
  const rows: Row[] = [];
  /** The next line of the text that was not looked at, from 0 on. */
  let at = 0;
  const same = (to: number) => {
    for (; at < to; at += 1) {
      rows.push({ kind: 'same', line: at + 1, text: lines[at] ?? '' });
    }
  };
  const skip = (to: number) => {
    if (to > at) {
      rows.push({ kind: 'gap', lines: to - at });
      at = to;
    }
  };
  for (const hunk of hunks) {
    const start = hunk.to_line - 1;
    if (at > 0) {
      same(Math.min(start, at + CONTEXT));
    }
    skip(start - CONTEXT);
    same(start);
    rows.push(...hunk.removed.map((removed): Row => ({ kind: 'removed', text: removed })));
    for (const added of hunk.added) {
      at += 1;
      rows.push({ kind: 'added', line: at, text: added });
    }
  }
  if (hunks.length > 0) {
    same(Math.min(lines.length, at + CONTEXT));
    skip(lines.length);
  }
  return rows;
}

/** A line is what ends in a line feed, and what comes after the last one, if anything does. */
export function linesOf(text: string): readonly string[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
