/** What may stand between a mark and the edge of its word: opening before it, closing and sentence marks after it. */
const BEFORE_MARK = '([{<"\'*_~';
const AFTER_MARK = ')]}>"\'.,;:!?*_~';
/** So many of them are looked at. */
const MOST = 16;

/** What ends a word: white space, the punctuation of other scripts, emoji, and letters of scripts without spaces. */
const EDGE =
  /(?![\u00b7\u2027\u30fb\uff65])(?:[\s\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\ufe0f\u20e3\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|(?![\0-\x7f])\p{P})/u;
/** What marked text begins and ends with. Much else is part of a face, a pattern or a program: (*´ω`*), *.txt, a*=b. */
const FIRST =
  /(?![\uff9e\uff9f])[\p{L}\p{N}\p{Ps}\p{Pi}\p{Sc}\p{Extended_Pictographic}\p{Regional_Indicator}"'`*_~#@&+¿¡…—–-]/u;
const LAST =
  /(?![\uff9e\uff9f])[\p{L}\p{M}\p{N}\p{Pe}\p{Pf}\p{Sc}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}"'`*_~.!?:;,…%+#&—–-]/u;

/**
 * Whether a mark may open: it stands at the beginning of a word.
 * @param text in which it stands
 * @param from where it begins, or the backslash before it
 * @param to where it ends
 */
export function mayOpen(text: string, from: number, to: number): boolean {
  const first = characterAt(text, to);
  return (FIRST.test(first) || text.startsWith('..', to)) && beginsWord(text, from);
}

/** Whether a mark may close: it stands at the end of a word. */
export function mayClose(text: string, from: number, to: number): boolean {
  return LAST.test(characterBefore(text, from)) && endsWord(text, to);
}

/** Whether a mark stands between two letters. */
export function isInWord(text: string, from: number, to: number): boolean {
  return /\p{L}/u.test(characterBefore(text, from)) && /\p{L}/u.test(characterAt(text, to));
}

/** Whether back-ticks may open: not in a word, nor in a face as (´･ω･`). */
export function mayOpenCode(text: string, from: number): boolean {
  const before = characterBefore(text, from);
  return before === '' || (/[!-~]/u.test(before) ? /[^\w\\`]/u.test(before) : EDGE.test(before));
}

function beginsWord(text: string, from: number): boolean {
  let at = from;
  while (at > 0 && from - at < MOST && BEFORE_MARK.includes(text.charAt(at - 1))) at--;
  return at === 0 || EDGE.test(characterBefore(text, at));
}

function endsWord(text: string, to: number): boolean {
  // "*Titanic*'s captain"
  if (text.charAt(to) === "'") return true;
  let at = to;
  while (at < text.length && at - to < MOST && AFTER_MARK.includes(text.charAt(at))) at++;
  return at === text.length || EDGE.test(characterAt(text, at));
}

function characterAt(text: string, at: number): string {
  const point = text.codePointAt(at);
  return point === undefined ? '' : String.fromCodePoint(point);
}

function characterBefore(text: string, at: number): string {
  const isPair = at > 1 && /[\udc00-\udfff]/.test(text.charAt(at - 1));
  return at === 0 ? '' : text.slice(at - (isPair ? 2 : 1), at);
}
