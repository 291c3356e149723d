import { expect, type Page } from '@playwright/test';
import { copiedText, expectRevision, expectSaved, test } from './meeting';
import { TcpProxy } from './proxy';
import { TerminalEditor } from './terminal';

/** How long they type: minutes in the long run (`CODESYNC_TEST_LONG`), else a moment. */
const SECONDS = process.env.CODESYNC_TEST_LONG ? 300 : 9;
const CUTS = 3;
/** The part of the time between two cuts for which the network is away. */
const AWAY = 0.4;
/** Milliseconds from one key to the next: 250 keys a minute. */
const KEY_MS = 240;
const LINES = 30;

/** Somebody who types letters that nobody else does, and at times goes somewhere else. */
type Typist = {
  letters: string;
  typed: number;
  key(letter: string): Promise<void>;
  move(direction: 'up' | 'down' | 'left' | 'right' | 'end'): Promise<void>;
};

test('two terminals and a browser type on while the network is cut three times', async ({
  meeting,
  server,
}) => {
  test.setTimeout((SECONDS + 60) * 1000);
  const document = await server.create('endurance.md', '-\n'.repeat(LINES));
  const wire = await TcpProxy.to(server.origin);
  const link = `${wire.origin}/d/${document}`;
  const page = await (await meeting.context('Ana')).newPage();
  await page.goto(link);
  const terminals = [
    await TerminalEditor.open('Bo', link, '+5'),
    await TerminalEditor.open('Cy', link, '+25'),
  ];
  try {
    await expect(page.locator('.monaco-editor')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Go to Bo' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Go to Cy' })).toBeVisible();
    for (const terminal of terminals) {
      await terminal.showsStatus(/●saved .*Ana/);
    }
    const dialogs = await dialogsOf(page);
    const painted = terminals.map((terminal) => terminal.clearings);

    const typists = [
      atPage(page),
      atTerminal(terminals[0], 'abcdef'),
      atTerminal(terminals[1], 'UVWXYZ'),
    ];
    const end = Date.now() + SECONDS * 1000;
    await Promise.all([
      ...typists.map((typist, seed) => typeUntil(end, typist, seed + 1)),
      cutUntil(end, wire),
    ]);

    await expectSaved(page);
    for (const terminal of terminals) {
      await terminal.showsStatus(/●saved/);
    }
    await expectRevision(page, await server.revision(document));
    const text = await server.content(document);
    for (const { letters, typed } of typists) {
      const there = [...text].filter((char) => letters.includes(char)).length;
      expect(there, `what was typed of ${letters} is there once`).toBe(typed);
    }
    expect(text.replaceAll(/[^-]/g, '').length).toBe(LINES);
    expect(await copiedText(page)).toBe(text);
    for (const terminal of terminals) {
      expect(await terminal.cat(link)).toBe(text);
      terminal.press('documentStart');
      await terminal.showsStatus(/ 1:1 /);
    }
    expect(await dialogs(), 'dialogs and alarms').toEqual([]);
    expect(
      terminals.map((terminal) => terminal.clearings),
      'the screen is never emptied and painted anew',
    ).toEqual(painted);
    for (const terminal of terminals) {
      expect(await terminal.quit()).toBe(0);
    }
  } finally {
    for (const terminal of terminals) {
      await terminal.stop();
    }
    wire.stop();
  }
});

function atPage(page: Page): Typist {
  const keys = {
    up: 'ArrowUp',
    down: 'ArrowDown',
    left: 'ArrowLeft',
    right: 'ArrowRight',
    end: 'End',
  };
  return {
    letters: '0123456789',
    typed: 0,
    key: (letter) => page.keyboard.type(letter),
    move: (direction) => page.keyboard.press(keys[direction]),
  };
}

function atTerminal(terminal: TerminalEditor | undefined, letters: string): Typist {
  if (terminal === undefined) {
    throw new Error('there is no such terminal');
  }
  return {
    letters,
    typed: 0,
    key: async (letter) => terminal.send(letter),
    move: async (direction) => terminal.press(direction),
  };
}

async function typeUntil(end: number, typist: Typist, seed: number): Promise<void> {
  const chance = chanceOf(seed);
  const directions = ['up', 'down', 'left', 'right', 'end'] as const;
  while (Date.now() < end) {
    if (chance(8) === 0) {
      await typist.move(directions[chance(directions.length)] ?? 'end');
    } else {
      await typist.key(typist.letters[chance(typist.letters.length)] ?? '');
      typist.typed += 1;
    }
    await pause(KEY_MS / 2 + chance(KEY_MS));
  }
}

async function cutUntil(end: number, wire: TcpProxy): Promise<void> {
  const period = (end - Date.now()) / CUTS;
  for (let cut = 0; cut < CUTS; cut += 1) {
    await pause(period * (1 - AWAY) * 0.5);
    wire.cut();
    await pause(period * AWAY);
    wire.mend();
    await pause(period * (1 - AWAY) * 0.5);
  }
}

/** Notes every dialog and alarm that the page shows from now on; the answer lists their texts. */
async function dialogsOf(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seenDialogs: seen });
    const wanted = '[role=dialog], [role=alertdialog], [role=alert], dialog[open]';
    new MutationObserver(() => {
      for (const element of window.document.querySelectorAll<HTMLElement>(wanted)) {
        const text = element.innerText.trim();
        // Monaco keeps an empty alarm for screen readers, and says the caret's place in it.
        if (text !== '' && !element.closest('.monaco-aria-container') && !seen.includes(text)) {
          seen.push(text);
        }
      }
    }).observe(window.document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { seenDialogs: string[] }).seenDialogs);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}

/** Whole numbers below a bound, the same for the same seed: mulberry32 (Tommy Ettinger, 2017). */
function chanceOf(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
