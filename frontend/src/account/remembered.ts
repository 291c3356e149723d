/**
 * Whose work lies in this browser, for when the server cannot be asked: without an answer a page would look for unsent
 * edits on the wrong shelf. No secret: an id, or that there are no accounts.
 */
import type { Identity } from './account';

const KEY = 'codesync.user';
const OPEN = 'open';

/** The user as the journals name him, or `undefined` where nobody was here yet. */
export function rememberedUser(): string | null | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === null ? undefined : stored === OPEN ? null : stored;
  } catch {
    return undefined;
  }
}

export function remember(identity: Identity): void {
  try {
    if (identity.phase === 'open') {
      localStorage.setItem(KEY, OPEN);
    } else if (identity.phase === 'in') {
      localStorage.setItem(KEY, identity.user.id);
    } else if (identity.phase === 'out' && !identity.ended) {
      localStorage.removeItem(KEY);
    }
  } catch {
    // Storage is blocked: then nothing of anybody's lies here either.
  }
}
