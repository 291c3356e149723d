/** What changed in a field that tells only its text. */
import type { TextEdit } from '../wasm/codesync_core';

/**
 * The one edit that makes `after` of `before`. Where several would (one more "a" among others), it is the one that ends
 * at the caret, for that is where somebody typed. `null` if nothing changed.
 */
export function difference(before: string, after: string, caret: number): TextEdit | null {
  if (before === after) {
    return null;
  }
  const shorter = Math.min(before.length, after.length);
  const suffixMax = Math.min(shorter, after.length - caret);
  let suffix = 0;
  while (
    suffix < suffixMax &&
    before.charCodeAt(before.length - 1 - suffix) === after.charCodeAt(after.length - 1 - suffix)
  ) {
    suffix += 1;
  }
  const prefixMax = shorter - suffix;
  let prefix = 0;
  while (prefix < prefixMax && before.charCodeAt(prefix) === after.charCodeAt(prefix)) {
    prefix += 1;
  }
  // Neither end may fall between the halves of a surrogate pair.
  while (prefix > 0 && splitsPair(before, prefix)) {
    prefix -= 1;
  }
  while (suffix > 0 && splitsPair(before, before.length - suffix)) {
    suffix -= 1;
  }
  return {
    from: prefix,
    to: before.length - suffix,
    text: after.slice(prefix, after.length - suffix),
  };
}

function splitsPair(text: string, offset: number): boolean {
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}
