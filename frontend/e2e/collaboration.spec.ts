import { expect, type Page } from '@playwright/test';
import { expectSaved, expectText, test } from './meeting';

test('two people type into one document and end with the same text', async ({
  server,
  meeting,
}) => {
  const document = await server.create('together.txt', 'top\n\nbottom\n');
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);

  await ana.keyboard.press('Control+Home');
  await bo.keyboard.press('Control+End');
  await Promise.all([
    ana.keyboard.type('Ana writes here. '),
    bo.keyboard.type('Bo writes there. '),
  ]);

  const text = 'Ana writes here. top\n\nbottom\nBo writes there. ';
  await expectText(ana, text);
  await expectText(bo, text);
  await expectSaved(ana, bo);
  expect(await server.content(document)).toBe(text);
  await expect(ana.getByRole('button', { name: 'Go to Bo' })).toBeVisible();
  await expect(bo.getByRole('button', { name: 'Go to Ana' })).toBeVisible();
  await expect(ana.locator('.peer-caret')).toHaveCount(1);
});

test('undo takes back own edits only', async ({ server, meeting }) => {
  const document = await server.create('undo.txt');
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);

  // In one piece: a pause between two keys would make two steps of it.
  await ana.keyboard.insertText('mine');
  await expectText(bo, 'mine');
  await bo.keyboard.press('Control+End');
  await bo.keyboard.type(' and yours');
  await expectText(ana, 'mine and yours');

  await ana.keyboard.press('Control+z');
  await expectText(ana, ' and yours');
  await expectText(bo, ' and yours');
  await ana.keyboard.press('Control+z');
  await expectText(ana, ' and yours');
  await ana.keyboard.press('Control+Shift+z');
  await expectText(ana, 'mine and yours');
  await expectText(bo, 'mine and yours');
});

test('two people who type without rest agree in the end', async ({ server, meeting }) => {
  const document = await server.create('rush.txt', 'x\n'.repeat(12));
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  const rush = async (page: Page, keys: readonly string[], rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      await page.keyboard.press(keys[round % keys.length] ?? 'a');
    }
  };
  await Promise.all([
    rush(ana, ['a', 'ArrowDown', 'b', 'Enter', 'Backspace', 'Control+z', 'ArrowRight', 'c'], 80),
    rush(bo, ['1', 'ArrowDown', 'End', '2', 'Control+Shift+k', '3', 'Control+z', 'ArrowUp'], 80),
  ]);
  await expectSaved(ana, bo);
  const text = await server.content(document);
  await expectText(ana, text);
  await expectText(bo, text);
});

test('the line one writes stays where it is while another writes above it', async ({
  server,
  meeting,
}) => {
  const document = await server.create('long.txt', 'line\n'.repeat(200));
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  await ana.keyboard.press('Control+End');
  await bo.keyboard.press('Control+End');
  for (let row = 0; row < 5; row += 1) {
    await bo.keyboard.press('ArrowUp');
  }
  const place = async () => (await ana.locator('.cursors-layer .cursor').boundingBox())?.y;
  // The way to the end is a smooth one.
  let before = await place();
  await expect
    .poll(async () => {
      const last = before;
      before = await place();
      return before !== undefined && before === last;
    })
    .toBe(true);

  await bo.keyboard.press('Enter');
  await bo.keyboard.insertText('several\nat\nonce\nand\n');
  await bo.keyboard.type('new');
  await expect(ana.locator('.view-lines')).toContainText('newline');
  await expect.poll(place).toBe(before);
});

test('what another inserts where one stands is behind one', async ({ server, meeting }) => {
  const document = await server.create('same-place.txt');
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  await bo.keyboard.type('there');
  await expectText(ana, 'there');
  await ana.keyboard.type('here ');
  await expectText(ana, 'here there');
  await expectText(bo, 'here there');
});

test('a new name of the document or of a person reaches the others', async ({
  server,
  meeting,
}) => {
  const document = await server.create('old.txt', 'text');
  const ana = await meeting.join('Ana', document);
  const bo = await meeting.join('Bo', document);
  await ana.getByRole('button', { name: 'old.txt' }).click();
  await ana.getByLabel('Name of the document').fill('new.py');
  await ana.keyboard.press('Enter');
  await expect(bo.getByRole('button', { name: 'new.py' })).toBeVisible();
  await expect(bo).toHaveTitle('new.py · CodeSync');
  await expect(bo.getByRole('combobox')).toHaveValue('python');

  await bo.getByRole('button', { name: 'Bo', exact: true }).click();
  await bo.getByLabel('Your name').fill('Bodil');
  await bo.keyboard.press('Enter');
  await expect(ana.getByRole('button', { name: 'Go to Bodil' })).toBeVisible();
  await expect(ana.getByRole('button', { name: 'Go to Bo', exact: true })).toHaveCount(0);
  await expectText(bo, 'text');
});
