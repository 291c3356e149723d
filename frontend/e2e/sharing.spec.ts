import { expect } from '@playwright/test';
import { expectEditor, test } from './accounts';
import { Cable, expectSaved, expectText, words } from './meeting';

test('roles change while people write, and no text is lost', async ({ club }) => {
  const { page: owner } = await club.member('Fay');
  const { page: friend, login } = await club.member('Gil');
  const path = await club.create(owner, 'shared.txt');
  await owner.keyboard.type('start ');
  await expectSaved(owner);

  await friend.goto(`${club.origin}${path}`);
  await expect(friend.getByRole('heading')).toHaveText('There is no such document');

  await test.step('invite somebody who is not there, then somebody who is', async () => {
    await owner.keyboard.press('F8');
    await owner.getByLabel('Login of whom to invite').fill('nobody.here');
    await owner.getByRole('button', { name: 'Invite' }).click();
    await expect(owner.getByRole('dialog').getByRole('alert')).toHaveText(
      'Nobody has exactly this login. Check its spelling.',
    );
    await owner.getByLabel('Login of whom to invite').fill(login);
    await owner.getByLabel('Role of whom to invite').selectOption('viewer');
    await owner.getByRole('button', { name: 'Invite' }).click();
    await expect(owner.getByLabel('Role of Gil')).toHaveValue('viewer');
  });

  await test.step('a viewer reads and cannot write', async () => {
    await friend.reload();
    await expectEditor(friend);
    await expect(words(friend)).toHaveText('read-only');
    await friend.keyboard.type('no');
    await expectText(friend, 'start ');
    await expect(friend.getByRole('button', { name: 'shared.txt' })).toHaveCount(0);
  });

  await test.step('an editor writes at once, without a reload', async () => {
    await owner.getByLabel('Role of Gil').selectOption('editor');
    await expect(words(friend)).toHaveText('saved');
    await friend.keyboard.press('Control+End');
    await friend.keyboard.type('from Gil ');
    await expectText(owner, 'start from Gil ');
  });

  await test.step('what was not sent when the role went is kept apart', async () => {
    const cable = await Cable.of(friend.context());
    await friend.reload();
    await expectEditor(friend);
    await expectSaved(friend);
    await cable.cut();
    await expect(words(friend)).toHaveText('offline');
    await friend.keyboard.press('Control+End');
    await friend.keyboard.type('unsent words');
    await expect(words(friend)).toHaveText(/waiting · kept in this browser$/);
    await owner.getByLabel('Role of Gil').selectOption('viewer');
    await expect(owner.getByLabel('Role of Gil')).toHaveValue('viewer');
    cable.mend();
    await expect(words(friend)).toHaveText('read-only');
    const notice = friend.locator('.notice');
    await expect(notice).toContainText('What you had is kept as a new document.');
    const copy = await notice.getByRole('link', { name: 'Open it' }).getAttribute('href');
    await friend.goto(`${club.origin}${copy}`);
    await expectEditor(friend);
    await expectText(friend, 'start from Gil unsent words');
  });

  await test.step('who is removed sees that the access has ended', async () => {
    await friend.goto(`${club.origin}${path}`);
    await expectEditor(friend);
    await owner.getByRole('button', { name: 'Remove Gil' }).click();
    await expect(words(friend)).toHaveText('access ended');
    await expect(owner.getByLabel('Role of Gil')).toHaveCount(0);
  });
});

test('the last owner stays one, and a link for members asks a stranger to log in', async ({
  club,
}) => {
  const { page: owner } = await club.member('Ida');
  await club.create(owner, 'links.txt');
  await owner.getByRole('button', { name: 'Share' }).click();
  await owner.getByRole('button', { name: 'Leave the document' }).click();
  await expect(owner.getByRole('dialog').getByRole('alert')).toHaveText(
    'A document needs an owner: make somebody else one first.',
  );
  await owner.getByLabel('without an account').uncheck();
  await owner.getByRole('button', { name: 'Make a link' }).click();
  await owner.getByRole('region', { name: 'Links' }).getByRole('button', { name: 'Copy' }).click();
  const link = await owner.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/d\/[0-9a-f-]{36}#[\w-]{43}$/);

  const stranger = await (await club.visitor()).newPage();
  await stranger.goto(link);
  await stranger.getByLabel('Name').fill('Stranger');
  await stranger.getByRole('button', { name: 'Come in as a guest' }).click();
  await expect(stranger.getByRole('alert')).toContainText(
    'This link is for people with an account',
  );

  const { page: member } = await club.member('Joe');
  await member.goto(link);
  await expectEditor(member);
  await expect(words(member)).toHaveText('read-only');
});
