import { describe, expect, test } from 'vitest';
import { agentName } from '../src/account/agent';
import { Follow } from '../src/collab/follow';
import { shelfOf } from '../src/collab/journal';
import { type Place, placed, Whereabouts } from '../src/collab/whereabouts';
import { type Command, matching } from '../src/commands/command';
import { isPressed } from '../src/commands/keys';
import { asFile } from '../src/download';
import { runOf, whoWrote } from '../src/history/blame';
import { fileName } from '../src/history/HistoryPanel';
import { spansOf } from '../src/history/MomentText';
import { linesOf, rowsOf } from '../src/history/rows';
import { timeLeft } from '../src/sharing/expiry';
import { themeOf } from '../src/theme';

const key = (key: string, code: string, held: Partial<KeyboardEvent> = {}) => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe('commands', () => {
  const command = (label: string, group: Command['group']): Command => ({
    id: label,
    label,
    group,
    run: () => undefined,
  });
  const all = [command('Undo share', 'Editor'), command('Share…', 'Document')];

  test('are found by any words of label and group, beginnings first', () => {
    const found = (search: string) => matching(all, search).map(({ label }) => label);
    expect(found('')).toEqual(['Undo share', 'Share…']);
    expect(found('share')).toEqual(['Share…', 'Undo share']);
    expect(found('doc sh')).toEqual(['Share…']);
    expect(found('nothing')).toEqual([]);
  });

  test('are pressed with exactly their keys', () => {
    expect(isPressed('F7', key('F7', 'F7'))).toBe(true);
    expect(isPressed('F7', key('F7', 'F7', { shiftKey: true }))).toBe(false);
    expect(isPressed('Ctrl+Shift+P', key('P', 'KeyP', { metaKey: true, shiftKey: true }))).toBe(
      true,
    );
    expect(isPressed('Alt+W', key('∑', 'KeyW', { altKey: true }))).toBe(true);
    expect(isPressed('Alt+1', key('1', 'Digit1', { altKey: true }))).toBe(true);
    expect(isPressed('Alt+1', key('1', 'Digit1'))).toBe(false);
  });
});

test('people stand where the core’s numbers say, whoever they are', () => {
  const person = (author: number) => ({ author, name: `${author}`, color: 0, selections: [] });
  const carets = Uint32Array.of(2, 5, 5, 2, 9, 7, 4, 1, 3);
  expect(placed([person(2), person(3), person(4)], carets)).toEqual([
    {
      ...person(2),
      selections: [
        { anchor: 5, head: 5 },
        { anchor: 9, head: 7 },
      ],
    },
    person(3),
    { ...person(4), selections: [{ anchor: 1, head: 3 }] },
  ]);
});

test('where people are is told when it is elsewhere, and not with every key', () => {
  const whereabouts = new Whereabouts();
  let told = 0;
  whereabouts.subscribe(() => {
    told += 1;
  });
  const bo = (line: number, side: Place['side']) => new Map([[7, { line, side }]]);
  whereabouts.set(bo(400, 'below'));
  whereabouts.set(bo(400, 'below'));
  expect(told).toBe(1);
  whereabouts.set(bo(400, 'in sight'));
  whereabouts.set(new Map());
  expect(told).toBe(3);
  expect(whereabouts.value().size).toBe(0);
});

test('following is suspended by oneself, goes on, and ends', () => {
  const follow = new Follow();
  follow.suspend();
  expect(follow.value()).toBeNull();
  follow.start(7);
  expect(follow.leader()).toBe(7);
  follow.suspend();
  expect(follow.leader()).toBeNull();
  expect(follow.value()).toEqual({ author: 7, suspended: true });
  follow.start(7);
  expect(follow.leader()).toBe(7);
  follow.stop();
  expect(follow.value()).toBeNull();
});

test('nobody shares a shelf with another user of the same browser', () => {
  expect(shelfOf('d', null)).toBe('d');
  expect(new Set([shelfOf('d', null), shelfOf('d', 'ana'), shelfOf('d', 'bo')]).size).toBe(3);
});

describe('history', () => {
  const hunk = { from_line: 5, to_line: 5, removed: ['five'], added: ['FIVE', 'more'] };
  const text = 'one\ntwo\nthree\nfour\nFIVE\nmore\nsix\nseven\neight\nnine\nten\n';

  test('a comparison shows what differs with three lines around it', () => {
    const said = rowsOf(text, [hunk]).map((row) =>
      row.kind === 'gap' ? `…${row.lines}` : `${row.kind.charAt(0)} ${row.text}`,
    );
    expect(said).toEqual([
      '…1',
      's two',
      's three',
      's four',
      'r five',
      'a FIVE',
      'a more',
      's six',
      's seven',
      's eight',
      '…2',
    ]);
  });

  test('neighbouring changes share the lines between them', () => {
    const second = { from_line: 7, to_line: 8, removed: [], added: ['seven'] };
    const rows = rowsOf(text, [hunk, second]);
    expect(rows.flatMap((row) => (row.kind === 'same' ? row.text : []))).toEqual([
      'two',
      'three',
      'four',
      'six',
      'eight',
      'nine',
      'ten',
    ]);
    expect(rowsOf(text, [])).toEqual([]);
  });

  test('a line is what a line feed ends', () => {
    expect(linesOf('')).toEqual([]);
    expect(linesOf('a\r\nb')).toEqual(['a', 'b']);
    expect(linesOf('a\u2028b\n')).toEqual(['a\u2028b']);
  });

  test('a line knows who wrote it', () => {
    const at = '2026-11-26T09:00:00Z';
    const ana = { kind: 'user', id: 'u', name: 'Ana' } as const;
    const blame = { revision: 4, runs: [{ line: 1, lines: 2, at, person: ana, revision: 1042 }] };
    const now = Date.parse('2026-11-26T11:00:00Z');
    expect(whoWrote(blame, 2, now)).toBe('Line 2: Ana, 2 hours ago, in revision 1,042.');
    expect(runOf(blame, 3)).toBeUndefined();
    expect(whoWrote(blame, 3, now)).toBe('Line 3 is empty: nobody has written it yet.');
  });

  test('lines that read the same stand together', () => {
    const run = (line: number, name: string, at: string) => ({
      line,
      lines: 1,
      at,
      person: { kind: 'user', id: name, name } as const,
      revision: line,
    });
    const runs = [
      run(1, 'Ana', '2026-11-26T09:00:10Z'),
      run(2, 'Ana', '2026-11-26T09:00:20Z'),
      run(3, 'Bo', '2026-11-26T09:00:20Z'),
    ];
    const now = Date.parse('2026-11-26T11:30:00Z');
    expect(spansOf(runs, now)).toEqual([
      { writer: 'Ana', age: '2 hours ago', line: 1, lines: 2 },
      { writer: 'Bo', age: '2 hours ago', line: 3, lines: 1 },
    ]);
  });

  test('a text of the past is a file of its own', () => {
    expect(fileName('notes.md', 42)).toBe('notes-42.md');
    expect(fileName('.profile', 1)).toBe('.profile-1');
    expect(fileName('Makefile', 7)).toBe('Makefile-7');
    expect(asFile('a\nb\n', 'crlf')).toBe('a\r\nb\r\n');
    expect(asFile('a\n', 'lf')).toBe('a\n');
  });
});

test('how long a link lives is said in whole units', () => {
  const now = Date.parse('2026-11-26T09:00:00Z');
  expect(timeLeft(null, now)).toBe('until it is ended');
  expect(timeLeft('2026-11-26T08:59:59Z', now)).toBe('has expired');
  expect(timeLeft('2026-11-26T09:00:30Z', now)).toBe('for 1 minute more');
  expect(timeLeft('2026-11-26T11:30:00Z', now)).toBe('for 3 hours more');
  expect(timeLeft('2026-12-03T08:59:00Z', now)).toBe('for 7 days more');
});

test('colours follow the system unless somebody chose', () => {
  expect(themeOf('system', true, false)).toBe('dark');
  expect(themeOf('system', false, true)).toBe('contrast-light');
  expect(themeOf('light', true, true)).toBe('light');
  expect(themeOf('contrast', true, false)).toBe('contrast-dark');
});

test('a login is known by its program', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  expect(agentName(firefox)).toBe('Firefox on Linux');
  expect(agentName('codesync/0.1.0')).toBe('codesync/0.1.0');
  expect(agentName('')).toBe('An unknown program');
});
