/** What is typed, pasted and composed in Monaco is the same text everywhere, to the last character. */
import { expect, type Page } from '@playwright/test';
import { copiedText, expectSaved, expectText, test } from './meeting';
import { TerminalEditor } from './terminal';

const TRICKY = 'a\r\nb\rc\u2028d\u2029e\u0085f\fg\ufeff漢字 👩‍🚀🏽 e\u0301 ﷽ \u202eabc\u202c \t|';
/** Documents hold line feeds alone, and nothing else becomes one. */
const KEPT = TRICKY.replaceAll('\r\n', '\n').replaceAll('\r', '\n');

test('whatever is pasted arrives in the terminal as it is in Monaco', async ({
  server,
  meeting,
}) => {
  const document = await server.create('tricky.txt', '');
  const ana = await meeting.join('Ana', document);
  await ana.evaluate((it) => navigator.clipboard.writeText(it), TRICKY);
  await ana.keyboard.press('Control+v');
  await ana.keyboard.press('Enter');
  await ana.keyboard.insertText('😀漢é');
  await ana.keyboard.press('Backspace');
  await expectSaved(ana);
  const text = `${KEPT}\n😀漢`;
  expect(await server.content(document)).toBe(text);
  expect(await copiedText(ana)).toBe(text);
  const link = `${server.origin}/d/${document}`;
  const terminal = await TerminalEditor.open('Bo', link, '+1');
  try {
    expect(await terminal.cat(link)).toBe(text);
  } finally {
    await terminal.stop();
  }
});

test('a character that is being composed survives what others type', async ({
  server,
  meeting,
}) => {
  const document = await server.create('composed.txt', 'here: \nthere: ');
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  await ana.keyboard.press('End');
  const keyboard = await ana.context().newCDPSession(ana);
  const compose = (text: string) =>
    keyboard.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
  await compose('に');
  await compose('にほん');
  await bo.keyboard.press('Control+End');
  await bo.keyboard.type('Bo');
  await expectText(ana, 'here: にほん\nthere: Bo');
  await compose('日本');
  await keyboard.send('Input.insertText', { text: '日本' });
  await ana.keyboard.type('!');
  for (const page of [ana, bo]) {
    await expectText(page, 'here: 日本!\nthere: Bo');
  }
  await expectSaved(ana, bo);
  expect(await server.content(document)).toBe('here: 日本!\nthere: Bo');
  // A pause makes two steps of what was composed; all of it can be taken back, and nothing of Bo's.
  await expect(async () => {
    await ana.keyboard.press('Control+z');
    await expectText(bo, 'here: \nthere: Bo', { timeout: 1000 });
  }).toPass({ timeout: 20_000 });
});

const EDITS_EACH = 1_100;

test('thousands of random edits by two models end in one text', async ({ server, meeting }) => {
  const document = await server.create('fuzz.txt', `${'fuzz 漢 😀\n'.repeat(40)}`);
  const open = async (person: string) => {
    const context = await meeting.context(person);
    // Monaco's own switch: its interface is then to be found from outside.
    await context.addInitScript(() => {
      Object.assign(self, { MonacoEnvironment: { globalAPI: true } });
    });
    return meeting.open(context, document);
  };
  const ana = await open('Ana');
  const bo = await open('Bo');
  const problems: string[] = [];
  for (const page of [ana, bo]) {
    page.on('console', (message) => {
      if (message.type() === 'error') {
        problems.push(message.text());
      }
    });
  }
  await Promise.all([editAtRandom(ana, 1), editAtRandom(bo, 2)]);
  await expectSaved(ana, bo);
  const text = await server.content(document);
  for (const page of [ana, bo]) {
    await expect.poll(() => modelText(page)).toBe(text);
  }
  expect(problems, 'no model was ever found to differ from its replica').toEqual([]);
});

/** What of Monaco's interface the fuzz uses. */
interface MonacoWindow {
  monaco: {
    editor: {
      getEditors(): {
        getModel(): {
          getValue(): string;
          getValueLength(): number;
          getPositionAt(offset: number): { lineNumber: number; column: number };
        };
        executeEdits(source: string, edits: { range: object; text: string }[]): void;
        setSelections(selections: object[]): void;
        trigger(source: string, handler: string, payload: unknown): void;
      }[];
    };
  };
}

function modelText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { monaco } = window as unknown as MonacoWindow;
    return monaco.editor.getEditors()[0]?.getModel().getValue() ?? '';
  });
}

/** Edits of all kinds through Monaco, in small bursts, so that the other side’s arrive in between. */
async function editAtRandom(page: Page, seed: number): Promise<void> {
  await page.evaluate(
    async ([state, rounds]) => {
      const { monaco } = window as unknown as MonacoWindow;
      const [editor] = monaco.editor.getEditors();
      const model = editor?.getModel();
      if (editor === undefined || model === undefined) {
        throw new Error('there is no editor');
      }
      let seeded = state;
      const random = (below: number) => {
        seeded = (Math.imul(seeded, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((seeded / 2 ** 32) * below);
      };
      const texts = [
        'a',
        'word ',
        '\n',
        '\r\n',
        '\r',
        '\u2028',
        '😀',
        '漢字',
        'e\u0301',
        '\t',
        '👩‍🚀',
        '',
      ];
      const range = (longest: number) => {
        const from = random(model.getValueLength() + 1);
        const to = Math.min(model.getValueLength(), from + random(longest));
        const start = model.getPositionAt(from);
        const end = model.getPositionAt(to);
        return { start, end };
      };
      const asRange = ({ start, end }: ReturnType<typeof range>) => ({
        startLineNumber: start.lineNumber,
        startColumn: start.column,
        endLineNumber: end.lineNumber,
        endColumn: end.column,
      });
      for (let round = 0; round < rounds; round += 1) {
        const text = texts[random(texts.length)] ?? '';
        const kind = random(10);
        if (kind < 5) {
          editor.executeEdits('fuzz', [{ range: asRange(range(6)), text }]);
        } else if (kind < 8) {
          editor.setSelections(
            Array.from({ length: 1 + random(3) }, () => {
              const { start, end } = range(4);
              return {
                selectionStartLineNumber: start.lineNumber,
                selectionStartColumn: start.column,
                positionLineNumber: end.lineNumber,
                positionColumn: end.column,
              };
            }),
          );
          editor.trigger('fuzz', kind === 5 ? 'deleteLeft' : 'type', { text: text || 'x' });
        } else {
          editor.trigger('fuzz', kind === 8 ? 'undo' : 'redo', null);
        }
        if (round % 20 === 19) {
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
    },
    [seed, EDITS_EACH] as const,
  );
}
