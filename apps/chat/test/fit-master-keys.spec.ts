import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMasterKeyLine } from '@app/crypto';
import { SettingError } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aStore, storeChat, type StoreUnderTest } from './store-under-test.js';
import { ChatKeys } from '../src/keys/chat-keys.js';
import { fitMasterKeys } from '../src/master-key/fit-master-keys.js';

let under: StoreUnderTest;
let file: string;

beforeEach(async () => {
  under = await aStore();
  file = join(under.folder, 'master.key');
});
afterEach(() => under.close());

const fit = (): ReturnType<typeof fitMasterKeys> => fitMasterKeys(file, under.store);

/** Writes a master key file. */
function holds(...lines: string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
}

/** Stores a chat whose key is wrapped by the current version. */
async function storeChatWithKey(): Promise<string> {
  const keys = new ChatKeys(await fit(), under.store);
  const chatId = await storeChat(under.store);
  return under.store.transaction((transaction) => keys.create(transaction, chatId, null));
}

describe('without a file', () => {
  it('creates one, when the store is new', async () => {
    expect((await fit()).current.version).toBe(1);
    expect(existsSync(file)).toBe(true);
  });

  it('creates another, when the first was lost before there was a chat', async () => {
    const first = await fit();
    rmSync(file);

    const second = await fit();

    expect(second.current.check.equals(first.current.check)).toBe(false);
    await expect(fit()).resolves.toBeDefined();
  });

  it('fails and creates none, when there are chats', async () => {
    await storeChatWithKey();
    rmSync(file);

    await expect(fit()).rejects.toThrow(SettingError);
    await expect(fit()).rejects.toThrow(/^MASTER_KEY_FILE is missing/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('with a file', () => {
  it('fits, when it is the same as before', async () => {
    await storeChatWithKey();

    await expect(fit()).resolves.toBeDefined();
  });

  it('fits and wraps by the newest version, when one was added', async () => {
    const [first, second] = [createMasterKeyLine(1), createMasterKeyLine(2)];
    holds(first);
    const text = await storeChatWithKey();
    holds(second, first);

    const masterKeys = await fit();

    expect(masterKeys.current.version).toBe(2);
    expect(await new ChatKeys(masterKeys, under.store).chatOf(text)).toBeDefined();
  });

  it.each([
    ['another key of the same version', [createMasterKeyLine(1)]],
    ['another key of that version beside a new one', [createMasterKeyLine(1), createMasterKeyLine(2)]],
    ['only a version that is not in use', [createMasterKeyLine(2)]],
  ])('refuses by name, when it holds %s', async (_what, lines) => {
    await storeChatWithKey();
    holds(...lines);

    await expect(fit()).rejects.toThrow(/^MASTER_KEY_FILE does not fit the stored keys/);
    // The refused key is not remembered as the right one.
    expect((await under.store.masterKeys.checks()).size).toBe(1);
  });
});
