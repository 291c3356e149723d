/** The name others see, kept in this browser. */
import { useSyncExternalStore } from 'react';

const KEY = 'codesync.person';
/** The protocol's bound on names is 64 graphemes; code points are a safe way to stay below. */
const NAME_CHARS_MAX = 64;

const ADJECTIVES = [
  'Amber',
  'Brisk',
  'Calm',
  'Clear',
  'Deft',
  'Early',
  'Fair',
  'Keen',
  'Quiet',
  'Swift',
];
const ANIMALS = [
  'Badger',
  'Crane',
  'Finch',
  'Hare',
  'Heron',
  'Lynx',
  'Marten',
  'Otter',
  'Raven',
  'Wren',
];

const listeners = new Set<() => void>();
let present: string | null = null;

export function usePerson(): [string, (name: string) => void] {
  return [useSyncExternalStore(subscribe, person), rename];
}

function person(): string {
  present ??= storedPerson();
  return present;
}

function rename(name: string): void {
  const trimmed = Array.from(name.trim()).slice(0, NAME_CHARS_MAX).join('');
  if (trimmed !== '') {
    present = trimmed;
    store(trimmed);
    for (const listener of listeners) {
      listener();
    }
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function storedPerson(): string {
  try {
    const stored = localStorage.getItem(KEY);
    if (stored !== null && stored !== '') {
      return stored;
    }
  } catch {
    // Storage is blocked: a name for this visit has to do.
  }
  const name = `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
  store(name);
  return name;
}

function store(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // As above.
  }
}

function pick(words: readonly string[]): string {
  return words[Math.floor(Math.random() * words.length)] ?? 'Guest';
}
