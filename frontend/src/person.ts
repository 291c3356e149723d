/** The name others see, kept in this browser. */
import { useState } from 'react';

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

export function usePerson(): [string, (name: string) => void] {
  const [person, setPerson] = useState(storedPerson);
  const rename = (name: string) => {
    const trimmed = Array.from(name.trim()).slice(0, NAME_CHARS_MAX).join('');
    if (trimmed !== '') {
      store(trimmed);
      setPerson(trimmed);
    }
  };
  return [person, rename];
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
