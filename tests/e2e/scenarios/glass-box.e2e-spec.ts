import { write } from '../pages/history.js';
import { expect, test } from '../pages/people.js';

test('the page about what is stored shows the real bytes with their parts marked, and no key', async ({
  pair,
}) => {
  const { alice, bob, chat, key } = await pair({ name: 'Glass' });
  await write(await bob.api(), chat.id, ['a readable sentence']);
  const stored = await (await alice.api()).storedChat(chat.id);
  const [sealed] = stored.messages;
  const hex = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('hex');
  await alice.conversation.open(chat.id);

  await alice.conversation.chooseFromMenu('What the server stores');

  const main = alice.page.getByRole('main');
  await expect(main).toContainText('a readable sentence');
  for (const part of [hex(sealed?.nonce), hex(sealed?.sealed), hex(sealed?.tag)]) {
    expect(part.length).toBeGreaterThan(20);
    await expect(main).toContainText(part);
  }
  await expect(main.getByRole('list', { name: 'The parts of a stored message' })).toHaveText(
    /version.*nonce.*encrypted text.*tag/s,
  );
  await expect(main).toContainText(`master key, version ${stored.key.version}`);
  await expect(main).toContainText(`${stored.key.wrappedBytes} bytes`);
  await expect(main).toContainText(stored.key.file);
  await expect(main).toContainText(sealed?.file ?? 'no file');
  await expect(main).toContainText('Who could read what');
  await expect(main).not.toContainText(key);
});

test('after a deletion the page shows the receipt, on a phone the whole of it', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ browser: { viewport: { width: 390, height: 844 } } });
  await write(await bob.api(), chat.id, ['one', 'two', 'three']);
  await alice.conversation.open(chat.id);

  await alice.conversation.chooseFromMenu('Delete chat');
  await alice.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();

  const receipt = alice.page.locator('app-receipt-card');
  await expect(receipt).toContainText(/Key destroyed\s*\d+ \w+ \d{4}, \d\d:\d\d/);
  await expect(receipt).toContainText(/Messages erased\s*3/);
  await expect(receipt).toContainText(chat.id);
  await expect(receipt).toBeInViewport({ ratio: 1 });
  await alice.page.getByRole('link', { name: 'What the server stores now' }).click();
  await expect(alice.page).toHaveURL(`/chats/${chat.id}/stored`);
  await expect(receipt).toContainText(/Messages erased\s*3/);
});

test('who is no member is shown nothing of what is stored', async ({ pair, person }) => {
  const { bob, chat } = await pair();
  await write(await bob.api(), chat.id, ['not for carol']);
  const carol = await person('carol');

  await carol.page.goto(`/chats/${chat.id}/stored`);

  await expect(carol.page.getByRole('alert')).toContainText('Chat not found');
});
