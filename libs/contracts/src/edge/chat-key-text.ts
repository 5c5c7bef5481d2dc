import { sha256 } from './sha256.js';

const KEY_BYTES = 32;

/** Crockford's base 32: no I, L, O and U, so that no two characters look alike in print. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 260 bits for the 256 of a key; the last four are 0. */
const DATA_SYMBOLS = 52;
const CHECK_SYMBOLS = 8;
/** The number of symbols in the text form of a chat key, without hyphens. */
export const KEY_SYMBOLS = DATA_SYMBOLS + CHECK_SYMBOLS;
const GROUPS = /.{5}(?=.)/g;

/**
 * Generator of the checksum of Bitcoin's output descriptors (BIP 380), a BCH code over GF(32): at this length it
 * detects any four wrong characters, and so any two that were swapped. As 20 high and 20 low bits.
 */
const GENERATOR = [
  [0xf5dee, 0x51989],
  [0xa9fdc, 0xa3312],
  [0x1bab1, 0x0e32d],
  [0x3706b, 0x1677a],
  [0x644d6, 0x26ffd],
] as const;

/** The previous text form: base64url of the key and of the beginning of its SHA-256. */
const FIRST_FORM = /^[A-Za-z0-9_-]{48}$/;
const FIRST_CHECKSUM_LABEL = new TextEncoder().encode('secure-chat/checksum/v1');

/** Thrown for a text that is not a chat key. The error does not contain the text. */
export class ChatKeyFormatError extends Error {
  override readonly name = 'ChatKeyFormatError';

  constructor() {
    super('this is not a chat key; a character may be missing or wrong');
  }
}

/**
 * Returns the text form of a chat key: twelve groups of five characters with hyphens between them, 71 characters.
 * @param chatKey 32 bytes
 * @throws {RangeError} if it does not have 32 bytes
 */
export function formatChatKey(chatKey: Uint8Array): string {
  if (chatKey.length !== KEY_BYTES) throw new RangeError(`a chat key has ${KEY_BYTES} bytes`);
  const data = toSymbols(chatKey);
  const text = [...data, ...checkSymbols(data)].map((symbol) => ALPHABET.charAt(symbol)).join('');
  return text.replace(GROUPS, '$&-');
}

/**
 * Returns the bytes of a chat key in either text form. In the current form, case, hyphens and spaces are ignored, and
 * O, I and L are read as the digits that they look like. Any single wrong character and any two swapped characters are
 * detected; other errors pass with a probability of 2^-40 (2^-32 in the previous form).
 * @param text as typed or pasted; surrounding white space is ignored
 * @returns 32 bytes
 * @throws {ChatKeyFormatError} if the text is not a chat key
 */
export function parseChatKey(text: string): Uint8Array<ArrayBuffer> {
  const trimmed = text.trim();
  const chatKey = FIRST_FORM.test(trimmed) ? keyOfFirstForm(trimmed) : undefined;
  const found = chatKey ?? keyOfSymbols(Array.from(trimmed.replace(/[\s-]+/g, ''), keySymbol));
  if (!found) throw new ChatKeyFormatError();
  return found;
}

/** Returns the value of a character of the current text form, or of a look-alike; -1 for any other. */
export function keySymbol(character: string): number {
  const upper = character.toUpperCase();
  if (upper === 'O') return 0;
  if (upper === 'I' || upper === 'L') return 1;
  return upper.length === 1 ? ALPHABET.indexOf(upper) : -1;
}

/**
 * Returns the key of the 60 symbols of the current text form.
 * @param symbols values from 0 to 31, or -1 for any other character
 * @returns undefined if they are not a key
 */
export function keyOfSymbols(symbols: readonly number[]): Uint8Array<ArrayBuffer> | undefined {
  if (symbols.length !== KEY_SYMBOLS || symbols.includes(-1)) return undefined;
  const data = symbols.slice(0, DATA_SYMBOLS);
  if (checkSymbols(data).some((symbol, index) => symbol !== symbols[DATA_SYMBOLS + index])) return undefined;
  return fromSymbols(data);
}

/**
 * Returns the key of a text in the previous form.
 * @returns undefined if it is not a key
 */
export function keyOfFirstForm(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!FIRST_FORM.test(text)) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
  const chatKey = bytes.slice(0, KEY_BYTES);
  const checksum = sha256(Uint8Array.of(...FIRST_CHECKSUM_LABEL, ...chatKey));
  return bytes.subarray(KEY_BYTES).every((byte, index) => byte === checksum[index]) ? chatKey : undefined;
}

/** Converts groups of eight bits to groups of five; zeros pad the last symbol. */
function toSymbols(bytes: Uint8Array): number[] {
  const symbols: number[] = [];
  let [value, bits] = [0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      symbols.push((value >> bits) & 31);
      value &= (1 << bits) - 1;
    }
  }
  if (bits > 0) symbols.push((value << (5 - bits)) & 31);
  return symbols;
}

/** @returns undefined if the padding bits are not 0, so that each key has one text form */
function fromSymbols(symbols: readonly number[]): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(KEY_BYTES);
  let [value, bits, length] = [0, 0, 0];
  for (const symbol of symbols) {
    value = (value << 5) | symbol;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = value >> bits;
    value &= (1 << bits) - 1;
  }
  return value === 0 ? bytes : undefined;
}

function checkSymbols(data: readonly number[]): number[] {
  let [high, low] = [0, 1];
  for (const symbol of [...data, ...Array.from({ length: CHECK_SYMBOLS }, () => 0)]) {
    const leaving = high >> 15;
    high = ((high & 0x7fff) << 5) | (low >> 15);
    low = ((low & 0x7fff) << 5) ^ symbol;
    for (const [bit, [generatorHigh, generatorLow]] of GENERATOR.entries()) {
      if (((leaving >> bit) & 1) === 0) continue;
      high ^= generatorHigh;
      low ^= generatorLow;
    }
  }
  low ^= 1;
  return [high, low].flatMap((half) => [(half >> 15) & 31, (half >> 10) & 31, (half >> 5) & 31, half & 31]);
}
