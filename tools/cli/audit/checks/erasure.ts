import { setTimeout as pause } from 'node:timers/promises';
import { parseChatKey } from '@app/crypto';
import { megabytes } from '../../progress.js';
import type { Canaries, CanaryChat } from '../canaries/canaries.js';
import { keyForms } from '../canaries/key-forms.js';
import { blob, type DataFolder } from '../data-folder.js';
import type { Outcome } from '../report.js';
import { Scanner, type Needle } from '../scanner.js';
import { scanFiles } from './files.js';
import { storedMessages } from './keys/stored-messages.js';

/** What the contract allows for a single message, and for what an account leaves behind. */
const MESSAGE_LIMIT_MS = 5_000;
const ACCOUNT_LIMIT_MS = 10_000;

/** Returns all that is stored of a chat, and its keys. */
function storedBytes(folder: DataFolder, chat: CanaryChat): Needle[] {
  const sql = `SELECT k.wrapped_key, k.lookup, c.name_sealed FROM chats c JOIN chat_keys k ON k.chat_id = c.id WHERE c.id = ?`;
  const [row] = folder.rows('chat', sql, chat.id);
  const messages = storedMessages(folder, chat.id);
  if (!row || messages.length === 0) throw new Error('a canary chat is not in the stores');
  return [
    { label: 'wrapped key', bytes: blob(row, 'wrapped_key') },
    { label: 'lookup index', bytes: blob(row, 'lookup') },
    { label: 'sealed chat name', bytes: blob(row, 'name_sealed') },
    ...messages.map(({ sealed }) => ({ label: 'sealed message', bytes: sealed })),
    ...keyForms(parseChatKey(chat.key), chat.id),
  ];
}

/**
 * Looks for pieces until none is left or the time is over.
 * @param limitMs 0 where nothing may be left at once
 * @param after what was deleted, for the findings
 */
async function leftOver(
  folder: DataFolder,
  needles: readonly Needle[],
  limitMs: number,
  after: string,
): Promise<{ findings: string[]; bytes: number; pieces: number }> {
  const scanner = new Scanner(needles);
  const deadline = performance.now() + limitMs;
  for (;;) {
    const { findings, bytes } = scanFiles(scanner, folder.files(), (file) => folder.nameOf(file));
    if (findings.length === 0 || performance.now() >= deadline)
      return { findings: findings.map((finding) => `${after}: ${finding}`), bytes, pieces: scanner.size };
    await pause(200);
  }
}

/**
 * Checks that no piece of what was stored is left in any file when a deletion has answered (promise 5). Deletes messages,
 * chats and accounts, with writing in between: pages that SQLite merges then are what keeps copies.
 */
export async function erasure(
  folder: DataFolder,
  canaries: Canaries,
  say: (what: string) => void,
): Promise<Outcome> {
  const findings: string[] = [];
  let pieces = 0;
  let bytes = 0;
  const add = (found: Awaited<ReturnType<typeof leftOver>>): void => {
    findings.push(...found.findings);
    pieces += found.pieces;
    bytes = found.bytes;
  };

  say('deleting single messages');
  const [chat] = canaries.chats;
  if (!chat) throw new Error('there is no canary chat');
  const doomed = [0, 2, 4].filter((i) => i < chat.messageIds.length);
  const sealed = storedMessages(folder, chat.id)
    .filter(({ context }) => doomed.includes(context.seq - 1))
    .map((message) => ({ label: 'sealed message', bytes: message.sealed }));
  const before = await leftOver(folder, sealed, 0, 'before');
  if (before.findings.length === 0)
    findings.push('the control failed: stored messages are not found before they are deleted');
  const [first, second] = canaries.both();
  for (const i of doomed) {
    const sender = i % 2 === 0 ? first : second;
    await sender.expect('DELETE', `/chats/${chat.id}/messages/${chat.messageIds[i]}`);
  }
  add(await leftOver(folder, sealed, MESSAGE_LIMIT_MS, 'after single messages were deleted'));

  say('deleting chats, with writing in between');
  const needles: Needle[] = [];
  const keep = Math.max(1, Math.floor(canaries.chats.length / 3));
  for (const next of canaries.chats.filter((_, i) => i >= keep)) {
    needles.push(...storedBytes(folder, next));
    const texts = next.texts.length;
    const { receipt } = await canaries.erase(next);
    if (receipt?.messagesErased !== texts)
      findings.push('a receipt does not say how many messages were erased');
    add(await leftOver(folder, needles, 0, 'after chats were deleted'));
    await canaries.writeOnce();
  }

  say('deleting the accounts');
  const rest = canaries.chats.flatMap((left) => storedBytes(folder, left));
  const left = await canaries.leave();
  findings.push(...left.map((name) => `the account ${name} could not be deleted`));
  add(await leftOver(folder, [...needles, ...rest], ACCOUNT_LIMIT_MS, 'after the accounts were deleted'));
  return { says: `none of ${pieces} deleted pieces of 16 bytes is left in ${megabytes(bytes)}`, findings };
}
