import {
  formatChatKey,
  KEY_SYMBOLS,
  keyOfFirstForm,
  keyOfSymbols,
  keySymbol,
  parseChatKey,
} from './chat-key-text.js';

/** What was found of a chat key in a text: one, in a form that the server takes; none that is whole; or several. */
export type FoundChatKey =
  { readonly kind: 'one'; readonly key: string } | { readonly kind: 'none' } | { readonly kind: 'several' };

const FIRST_FORM_SYMBOLS = 48;
/** Nobody writes more around a key. */
const LONGEST = 20_000;
/** A link in a link in a link is percent-encoded three times. */
const LAYERS = 3;

/** Between a text's first and last character of a key these stand for nothing. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const ESCAPED = /(?:%[0-9a-f]{2})+/giu;

/** A key's characters one after the other, with the places at which they stand in the text. */
interface Run {
  readonly text: string;
  readonly characters: readonly string[];
  readonly places: readonly number[];
}

/**
 * Finds the one chat key in whatever somebody typed or pasted: the key itself, a whole invite link in any form that a
 * messenger or mail program makes of it, with quotes, brackets, marks, invisible characters and other words around it,
 * wrapped over several lines, in either text form.
 * @param text whatever it is; what follows after 20,000 characters is not looked at
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

/** The text as it is, without percent-encoding, and without what mail puts in the place of marks and line ends. */
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

/** The characters of a text that may belong to a key; whatever else stands between them is left away. */
function runOf(text: string, character: RegExp): Run {
  const places: number[] = [];
  for (let place = 0; place < text.length; place++)
    if (character.test(text.charAt(place))) places.push(place);
  return { text, characters: places.map((place) => text.charAt(place)), places };
}

/** Everything so long that begins and ends where a word can: no letter or digit stands directly before or after it. */
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
