import { expect, test } from 'vitest';
import { initials } from '../src/collab/palette';
import { stateWords } from '../src/components/SaveState';
import { languageOf } from '../src/editor/languages';
import { readableAge, readableSize } from '../src/readable';

const view = { saved: 42, unsavedEdits: 0, kept: true, online: true } as const;

test('the state of saving has the words the terminal uses', () => {
  expect(stateWords({ ...view, state: 'synchronized' })).toBe('saved');
  expect(stateWords({ ...view, state: 'sending', unsavedEdits: 2 })).toBe('saving');
  expect(stateWords({ ...view, state: 'waiting', unsavedEdits: 17, online: false })).toBe(
    'offline · 17 waiting · kept in this browser',
  );
  expect(
    stateWords({ ...view, state: 'waiting', unsavedEdits: 1, online: false, kept: false }),
  ).toBe('offline · 1 waiting · kept only in this tab');
  expect(stateWords({ ...view, state: 'waiting', online: false })).toBe('offline');
  expect(stateWords({ ...view, state: 'waiting' })).toBe('connecting');
  expect(stateWords({ ...view, state: 'read-only' })).toBe('read-only');
  expect(stateWords({ ...view, state: 'ended' })).toBe('access ended');
});

test('a document without a language is shown in the one its name suggests', () => {
  expect(languageOf('main.rs', null)).toBe('rust');
  expect(languageOf('Dockerfile', null)).toBe('dockerfile');
  expect(languageOf('main.rs', 'python')).toBe('python');
  expect(languageOf('notes', null)).toBe('plaintext');
  expect(languageOf('notes', 'a language of tomorrow')).toBe('plaintext');
});

test('initials are whole characters, whatever the script', () => {
  expect(initials('Ana')).toBe('A');
  expect(initials('  bo   van der Berg ')).toBe('BB');
  expect(initials('👩‍🚀 Ü')).toBe('👩‍🚀Ü');
  expect(initials('')).toBe('');
});

test('ages and sizes are said in round figures', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  expect(readableAge('2026-11-22T11:59:30Z', now)).toBe('just now');
  expect(readableAge('2026-11-22T10:00:00Z', now)).toBe('2 hours ago');
  expect(readableAge('no moment', now)).toBe('');
  expect(readableSize(0)).toBe('0 B');
  expect(readableSize(4210)).toBe('4.1 KiB');
  expect(readableSize(10 * 1024 * 1024)).toBe('10.0 MiB');
});
