// Keys: what is stored must not open anything without the master key, and must open in its own place alone (promise 6).
import { readFileSync } from 'node:fs';
import { keyForms } from '../canaries.mjs';
import { idBytes } from '../data-folder.mjs';
import { formsOfBytes, Scanner } from '../scanner.mjs';
import { inMegabytes, scanFiles } from './files.mjs';

/** @typedef {import('../report.mjs').Outcome} Outcome */
/** @typedef {import('../canaries.mjs').CryptoLibrary} CryptoLibrary */
/** @typedef {import('../canaries.mjs').Canaries} Canaries */
/** @typedef {import('../data-folder.mjs').DataFolder} DataFolder */
/** @typedef {import('../scanner.mjs').Needle} Needle */

const KEY_BYTES = 32;
/** Keys of other chats that are looked for, the newest first. */
const OTHER_CHATS = 1_000;
/** Rows of each table whose values are tried as keys. */
const ROWS_TRIED = 200;

/**
 * A stored message with the place it is bound to.
 * @typedef {{ context: import('../../../libs/crypto/src/index.js').MessageContext, sealed: Buffer }} StoredMessage
 */

/**
 * The messages of a chat that have a text, as they are stored.
 * @param {DataFolder} folder @param {string} chatId
 * @returns {StoredMessage[]}
 */
export function storedMessages(folder, chatId) {
  const sql = `SELECT m.* FROM messages m JOIN heads h ON h.ref = m.ref
    WHERE h.chat_id = ? AND m.sealed IS NOT NULL ORDER BY m.seq`;
  return folder.rows('gateway', sql, idBytes(chatId)).map((row) => ({
    context: {
      chatId: idBytes(chatId),
      messageId: /** @type {Buffer} */ (row['id']),
      senderId: /** @type {Buffer} */ (row['sender_id']),
      clientMessageId: /** @type {Buffer} */ (row['client_id']),
      seq: Number(row['seq']),
      sentAt: Number(row['sent_at']),
    },
    sealed: /** @type {Buffer} */ (row['sealed']),
  }));
}

/** @param {() => unknown} open */
function opens(open) {
  const { stackTraceLimit } = Error;
  // Nearly every try ends in an error, whose stack would cost more than the try.
  Error.stackTraceLimit = 0;
  try {
    open();
    return true;
  } catch {
    return false;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Opens every canary row in its place, and tries it in every other: another chat, message, sender, seq or time.
 * @param {DataFolder} folder @param {Canaries} canaries
 * @returns {Outcome}
 */
export function sealing(folder, canaries) {
  const { library } = canaries;
  /** @type {string[]} */
  const findings = [];
  let rows = 0;
  for (const { id, key, texts } of canaries.chats) {
    const messageKey = library.deriveMessageKey(library.parseChatKey(key), idBytes(id));
    const stored = storedMessages(folder, id);
    if (stored.length === 0)
      findings.push('a canary chat has no stored message: is DATA_DIR that of the server on PORT?');
    const contents = stored.map(({ sealed }) => sealed.subarray(1, 13).toString('hex'));
    if (new Set(contents).size !== contents.length) findings.push('a nonce was used twice');
    for (const { context, sealed } of stored) {
      rows += 1;
      const own = () => library.openMessage(messageKey, context, sealed) === texts[context.seq - 1];
      if (!opens(own) || !own())
        findings.push(`message ${context.seq} of a canary chat does not open in its place`);
      const other = Buffer.alloc(16, 7);
      const elsewhere = [
        { chatId: other },
        { messageId: other },
        { senderId: other },
        { clientMessageId: other },
        { seq: context.seq + 1 },
        { sentAt: context.sentAt + 1 },
      ];
      for (const change of elsewhere)
        if (opens(() => library.openMessage(messageKey, { ...context, ...change }, sealed)))
          findings.push(
            `message ${context.seq} of a canary chat opens with another ${Object.keys(change).join()}`,
          );
      const turned = Buffer.from(sealed);
      turned[sealed.length - 1] = (turned[sealed.length - 1] ?? 0) ^ 1;
      if (opens(() => library.openMessage(messageKey, context, turned))) findings.push('an edited row opens');
    }
  }
  return { says: `${rows} stored canary messages open in their own place alone`, findings };
}

/**
 * Everything that a stored value could be as a key: itself, and what it says in hex or base64, at every offset.
 * @param {Buffer} value
 * @returns {Iterable<Buffer>}
 */
function* keysIn(value) {
  const text = value.toString('latin1');
  const readings = [value];
  for (const [hex] of text.matchAll(/[0-9a-fA-F]{64,}/g)) readings.push(Buffer.from(hex, 'hex'));
  for (const [base64] of text.matchAll(/[A-Za-z0-9+/_-]{43,}/g)) readings.push(Buffer.from(base64, 'base64'));
  for (const reading of readings)
    for (let at = 0; at + KEY_BYTES <= reading.length; at += 1) yield reading.subarray(at, at + KEY_BYTES);
}

/**
 * Keys of other chats, as the operator's master key opens them; none where it cannot be read.
 * @param {DataFolder} folder @param {CryptoLibrary} library
 * @returns {{ needles: Needle[], chats: number }}
 */
function keysOfOthers(folder, library) {
  let text;
  try {
    text = readFileSync(folder.masterKeyFile, 'utf8');
  } catch {
    return { needles: [], chats: 0 };
  }
  const masterKeys = library.parseMasterKeys(text);
  const needles = [...text.matchAll(/^v\d+:(\S+)$/gm)].flatMap(([, base64 = '']) =>
    formsOfBytes('master key', Buffer.from(base64, 'base64')),
  );
  const sql = 'SELECT chat_id, wrapped_key FROM chat_keys ORDER BY rowid DESC LIMIT ?';
  const rows = folder.rows('chat', sql, OTHER_CHATS);
  for (const { chat_id: id, wrapped_key: wrapped } of rows)
    try {
      const chatKey = library.unwrapChatKey(/** @type {Buffer} */ (wrapped), masterKeys, idBytes(String(id)));
      needles.push(...keyForms(library, chatKey, String(id)));
    } catch {
      // A damaged row, or one of another master key: nobody opens it.
    }
  return { needles, chats: rows.length };
}

/**
 * One store alone opens nothing, both without the master key neither: by the bytes of the keys, which must stand
 * nowhere, and by really trying whatever is stored as a key.
 * @param {DataFolder} folder @param {Canaries} canaries @param {number} limitMs for the tries
 * @returns {Outcome}
 */
export function separation(folder, canaries, limitMs) {
  const { library } = canaries;
  const others = keysOfOthers(folder, library);
  const scanner = new Scanner([...canaries.keyNeedles(), ...others.needles]);
  const logs = new Set(folder.logFiles());
  const files = folder.files().filter((file) => !logs.has(file) && file !== folder.masterKeyFile);
  const { findings, bytes } = scanFiles(scanner, files, (file) => folder.nameOf(file));

  const deadline = Date.now() + limitMs;
  /** @type {Set<string>} */
  const tried = new Set();
  let inTime = true;
  const locks = locksOf(folder, canaries);
  // What cannot be opened by its own key shows nothing when it stays shut. (Of messages `sealing` shows that.)
  for (const { what, key, open } of locks)
    if (key && !opens(() => open(key)))
      findings.push(`the control failed: ${what}, does not open by the right key`);
  for (const store of /** @type {const} */ (['chat', 'gateway', 'auth']))
    for (const value of folder.storedValues(store, ROWS_TRIED))
      for (const key of keysIn(value)) {
        const name = key.toString('latin1');
        if (tried.has(name)) continue;
        inTime &&= Date.now() < deadline;
        if (!inTime) break;
        tried.add(name);
        for (const lock of locks)
          if (opens(() => lock.open(key))) findings.push(`a value in ${store}.db opens ${lock.what}`);
      }
  const scope = inTime ? '' : ', as many as the time allowed';
  return {
    says: `no key of ${others.chats} chats in ${inMegabytes(bytes)}, and none of ${tried.size} stored values opens anything${scope}`,
    findings,
  };
}

/**
 * What a thief of the stores would try to open, by every way that a key is used; `key` is one that does open it.
 * @param {DataFolder} folder @param {Canaries} canaries
 * @returns {{ what: string, key?: Buffer, open: (key: Buffer) => unknown }[]}
 */
function locksOf(folder, { chats: [chat], library }) {
  if (!chat) throw new Error('there is no canary chat');
  const chatId = idBytes(chat.id);
  const [message] = storedMessages(folder, chat.id);
  const [keyRow] = folder.rows('chat', 'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?', chat.id);
  const [chatRow] = folder.rows('chat', 'SELECT name_sealed FROM chats WHERE id = ?', chat.id);
  if (!message || !keyRow || !chatRow) throw new Error('the canary chat is not in the stores');
  const chatKey = library.parseChatKey(chat.key);
  const wrapped = /** @type {Buffer} */ (keyRow['wrapped_key']);
  const version = library.wrappedKeyVersion(wrapped);
  const sealedName = /** @type {Buffer} */ (chatRow['name_sealed']);
  /** @param {import('node:crypto').KeyObject} key */
  const openMessage = (key) => library.openMessage(key, message.context, message.sealed);
  /** @type {{ what: string, key?: Buffer, open: (key: Buffer) => unknown }[]} */
  const locks = [
    {
      what: 'a message, as its message key',
      open: (key) => openMessage(library.messageKeyFromBytes(key)),
    },
    {
      what: 'a message, as its chat key',
      open: (key) => openMessage(library.deriveMessageKey(key, chatId)),
    },
    {
      what: 'a chat name, as its chat key',
      key: chatKey,
      open: (key) => library.openChatName(library.deriveNameKey(key, chatId), chatId, sealedName),
    },
  ];
  const masterKey = masterKeyBytes(folder, version);
  if (masterKey)
    locks.push({
      what: 'a chat key, as the master key',
      key: masterKey,
      open: (key) =>
        library.unwrapChatKey(
          wrapped,
          library.parseMasterKeys(`v${version}:${key.toString('base64')}`),
          chatId,
        ),
    });
  return locks;
}

/** A version of the master key, where the file can be read. @param {DataFolder} folder @param {number} version */
function masterKeyBytes(folder, version) {
  try {
    const text = readFileSync(folder.masterKeyFile, 'utf8');
    const [, base64] = new RegExp(`^v${version}:(\\S+)$`, 'm').exec(text) ?? [];
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  } catch {
    return undefined;
  }
}
