import { createHash } from 'node:crypto';
import { expect, type Page } from '@playwright/test';
import { TracePlayer } from './everyone-player';
import { copiedText, expectRevision, expectSaved, test, words } from './meeting';
import { TcpProxy } from './proxy';
import { TerminalEditor } from './terminal';

/** More than it gets to: it types until it is told that this is enough. */
const EDITS = 10_000;
const EDITS_PER_SECOND = 150;
/** Commits of the player while the others are cut off, so that there is something to bring together. */
const COMMITS_DURING_THE_CUT = 50;

/** Milliseconds from one key to the next of a person at the page. */
const TYPING = { delay: 25 };

const disposals: (() => unknown)[] = [];

test.afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) {
    await dispose();
  }
});

test('a browser, a terminal and a recorded session share one document through a cut network', async ({
  meeting,
  server,
}) => {
  const document = await server.create('everyone.txt', 'Browser: \nTerminal: \n');
  const wire = await TcpProxy.to(server.origin);
  disposals.push(() => wire.stop());
  const link = `${wire.origin}/d/${document}`;
  const revision = () => server.revision(document);

  const page = await (await meeting.context('Ana')).newPage();
  await page.goto(link);
  const terminal = await TerminalEditor.open('Bo', link, '+2');
  disposals.push(() => terminal.stop());
  await expect(page.locator('.monaco-editor')).toBeVisible();
  await terminal.showsStatus(/●saved .*Ana/);
  await expect(page.getByRole('button', { name: 'Go to Bo' })).toBeVisible();
  const player = new TracePlayer(
    `${server.origin}/d/${document}`,
    'sveltecomponent',
    EDITS,
    EDITS_PER_SECOND,
  );
  disposals.push(() => player.stop());
  await expect(page.getByRole('button', { name: 'Go to Player' })).toBeVisible();
  await terminal.showsStatus(/Player/);

  await test.step('all type at once', async () => {
    await page.keyboard.press('End');
    terminal.press('end');
    await Promise.all([
      page.keyboard.type('Ana types Grüße 😀 漢字', TYPING),
      terminal.type('Bo types žluťoučký kůň 漢字 😀 too'),
    ]);
    await terminal.shows('Browser: Ana types Grüße 😀 漢字');
    await expectLine(page, 'Terminal: Bo types žluťoučký kůň 漢字 😀 too');
  });

  await test.step('two are cut off and go on', async () => {
    const before = await revision();
    wire.cut();
    await expect(words(page)).toHaveText(/^offline/);
    await terminal.showsStatus(/○offline/);
    terminal.press('enter');
    await Promise.all([
      page.keyboard.type('\nwhat Ana types without a network', TYPING),
      terminal.type('and what Bo types without one'),
    ]);
    await expect(words(page)).toHaveText(/^offline · \d+ waiting · kept in this browser$/);
    await terminal.showsStatus(/○offline · \d+ waiting · kept on this disk/);
    await expect.poll(revision).toBeGreaterThan(before + COMMITS_DURING_THE_CUT);
    wire.mend();
    await terminal.shows('what Ana types without a network');
    await expectLine(page, 'and what Bo types without one');
  });

  await test.step('an undo takes back the own words only', async () => {
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    // In one piece: a pause between two keys would make two steps of it.
    await page.keyboard.insertText(', taken back');
    await terminal.shows('a network, taken back');
    await terminal.type(', which stays');
    await expectLine(page, 'and what Bo types without one, which stays');
    await page.keyboard.press('Control+z');
    await terminal.showsNot('taken back');
  });

  expect(player.hasPlayed, 'the trace went on all the time').toBe(false);
  await player.enough();
  await expectSaved(page);
  const head = await revision();
  await expectRevision(page, head);
  await terminal.showsStatus(new RegExp(`●saved ${head} `));

  const text = await server.content(document);
  // What people typed is there once; the player itself compares the rest with its trace.
  const typed =
    'Browser: Ana types Grüße 😀 漢字\nwhat Ana types without a network\n' +
    'Terminal: Bo types žluťoučký kůň 漢字 😀 too\nand what Bo types without one, which stays\n';
  expect(text.slice(0, typed.length)).toBe(typed);
  expect(text.slice(typed.length)).toMatch(/^>>> the trace begins\n[\s\S]*\n<<< the trace ends\n$/);
  expect(await copiedText(page)).toBe(text);
  expect(await terminal.cat(link)).toBe(text);
  expect(await player.leave(head)).toBe(`done ${head} ${sha256(text)}`);
  // Without a caret of somebody else, whose letter would stand in the text area.
  terminal.press('documentStart');
  await terminal.showsBeginningOf(text);
  expect(await terminal.quit()).toBe(0);
});

/** Waits until one of the lines that the editor shows is this one. */
async function expectLine(page: Page, line: string): Promise<void> {
  await expect
    .poll(async () => {
      const shown = await page.locator('.view-line').allTextContents();
      return shown.map((text) => text.replaceAll('\u00a0', ' '));
    })
    .toContain(line);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
