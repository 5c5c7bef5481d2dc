import {
  formatChatKey,
  KEY_SYMBOLS,
  keyOfFirstForm,
  keyOfSymbols,
  keySymbol,
  parseChatKey,
} from './chat-key-text.js';

/** The result of a search for a chat key in a text: one, in a form that the server accepts; none; or several. */
export type FoundChatKey =
  { readonly kind: 'one'; readonly key: string } | { readonly kind: 'none' } | { readonly kind: 'several' };

const FIRST_FORM_SYMBOLS = 48;
/** The length of text that is searched. */
const LONGEST = 20_000;
/** The number of nested percent-encodings, as in a link in a link in a link. */
const LAYERS = 3;

/** Characters that are ignored inside a key. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const ESCAPED = /(?:%[0-9a-f]{2})+/giu;

/** The characters of a text that a key may contain, with their positions. */
interface Run {
  readonly text: string;
  readonly characters: readonly string[];
  readonly places: readonly number[];
}

/**
 * Finds the chat key in a text that a user typed or pasted: the key itself, or an invite link in any form that a
 * messenger or mail program gives it; with quotes, brackets, punctuation, invisible characters and other words around
 * it; wrapped over several lines; in either text form.
 * @param text any text; only its first 20,000 characters are searched
 */
export function findChatKey(text: string): FoundChatKey {
  const keys = new Map<string, string>();
  for (const spelling of spellings(text.slice(0, LONGEST))) {
    for (const key of [...keysOfToday(spelling), ...keysOfFirstForm(spelling)])
      keys.set(parseChatKey(key).join(), key);
  }
  const [key] = keys.values();
  if (key === undefined) return { kind: 'none' };
  return keys.size === 1 ? { kind: 'one', key } : { kind: 'several' };
}

/** Returns the text as it is, without percent-encoding, and without the quoted-printable encoding of mail. */
function spellings(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  let plain = text.normalize('NFKC').replace(INVISIBLE, '');
  for (let layer = 0; layer <= LAYERS; layer++) {
    found.add(plain);
    plain = plain.replace(ESCAPED, unescaped).normalize('NFKC').replace(INVISIBLE, '');
  }
  const quoted = plain
    .replace(/=\r?\n/gu, '')
    .replace(/=([0-9A-F]{2})/gu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return found.add(quoted);
}

function unescaped(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

function keysOfToday(text: string): readonly string[] {
  const run = runOf(text, /[0-9A-Za-z]/u);
  return windows(run, KEY_SYMBOLS).flatMap((characters) => {
    const chatKey = keyOfSymbols(characters.map(keySymbol));
    return chatKey ? [formatChatKey(chatKey)] : [];
  });
}

function keysOfFirstForm(text: string): readonly string[] {
  const run = runOf(text, /[0-9A-Za-z_-]/u);
  return windows(run, FIRST_FORM_SYMBOLS)
    .map((characters) => characters.join(''))
    .filter((key) => keyOfFirstForm(key) !== undefined);
}

/** Returns the characters of a text that a key may contain. */
function runOf(text: string, character: RegExp): Run {
  const places: number[] = [];
  for (let place = 0; place < text.length; place++)
    if (character.test(text.charAt(place))) places.push(place);
  return { text, characters: places.map((place) => text.charAt(place)), places };
}

/** Returns every sequence of this length that begins and ends at a word boundary. */
function windows({ text, characters, places }: Run, length: number): readonly (readonly string[])[] {
  return places.flatMap((place, index) => {
    const last = places[index + length - 1];
    if (last === undefined || isWord(text.charAt(place - 1)) || isWord(text.charAt(last + 1))) return [];
    return [characters.slice(index, index + length)];
  });
}

function isWord(character: string): boolean {
  return /^[0-9A-Za-z]$/u.test(character);
}
