/** A piece of a message's text: plain, or a link with its address. */
export interface TextPart {
  readonly text: string;
  readonly href: string | null;
  /** The host that a link really opens, where it is not written just so: look-alikes in other scripts, for instance. */
  readonly host: string | null;
}

/**
 * What an address is made of: letters, digits and signs of every script, and the punctuation of ASCII that addresses
 * have. Punctuation of other scripts ends it, but for what stands within words; so does everything invisible, but for
 * the joiners of scripts that need them.
 */
const CANDIDATE =
  /(?<![\p{L}\p{N}])(?:https?:\/\/|mailto:)(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}\p{S}\-._~:/?#[\]@!$&'()*+,;=%\u00b7\u2013\u2019\u30fb](?<![<>`|^])|(?<=[^\0-\x7f])[\u200c\u200d](?=[^\0-\x7f]))+/giu;
/** Marks that belong to the sentence when they come last. */
const SENTENCE_END = /[.,;:!?'*~\u00b7\u2013\u2019\u30fb]$/u;
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
/** What nobody sees and more of an address after it, or what turns it round: nobody sees where such an address ends. */
const HIDDEN_REST =
  /(?:\p{Default_Ignorable_Code_Point}|(?!\s)\p{Cc})*(?:[\u202a\u202b\u202d\u202e\u2066-\u2068]|(?<=\p{Default_Ignorable_Code_Point}|\p{Cc})[-._]*[^\s\p{Z}\p{P}\p{C}])/uy;
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/**
 * Finds the links in a text: http, https and mailto only. Joined again, the parts are the text. Not linked is what shows
 * another address than it opens: with a name before an @, or with invisible characters in it.
 * @param text a message as it was written
 */
export function linkParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    HIDDEN_REST.lastIndex = match.index + match[0].length;
    if (HIDDEN_REST.test(text)) continue;
    const address = withoutSentenceEnd(match[0], text.charAt(match.index - 1));
    const url = urlOf(address);
    if (url === null) continue;
    if (match.index > from) parts.push(plain(text.slice(from, match.index)));
    parts.push({ text: address, href: url.href, host: hostToShow(address, url) });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push(plain(text.slice(from)));
  return parts;
}

function plain(text: string): TextPart {
  return { text, href: null, host: null };
}

function urlOf(address: string): URL | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!SCHEMES.has(url.protocol)) return null;
  if (url.protocol === 'mailto:') return url.pathname.includes('@') ? url : null;
  // What stands before an @ looks like the host and is not.
  return url.username === '' && url.password === '' && !authorityOf(address).includes('@') ? url : null;
}

/** The host of an address where a reader would take it for another one, else null. */
function hostToShow(address: string, url: URL): string | null {
  if (url.protocol === 'mailto:') return /[^ -~]/u.test(address) ? url.pathname : null;
  const written = authorityOf(address).replace(/:\d*$/u, '').toLowerCase();
  return written === url.hostname ? null : url.hostname;
}

function authorityOf(address: string): string {
  return /^[a-z]+:\/\/([^/?#]*)/iu.exec(address)?.[1] ?? '';
}

/**
 * A full stop or a bracket after an address belongs to the sentence, unless the bracket began in the address.
 * @param before the character before the address: emphasis that begins there ends with it
 */
function withoutSentenceEnd(address: string, before: string): string {
  const surplus = surplusClosers(address);
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    if (CLOSERS[last] !== undefined) {
      const left = surplus.get(last) ?? 0;
      if (left === 0) break;
      surplus.set(last, left - 1);
    } else if (!SENTENCE_END.test(last) && !(last === '_' && before === '_')) break;
  }
  return address.slice(0, end);
}

/** How many more closing brackets of each kind an address has than opening ones. */
function surplusClosers(address: string): Map<string, number> {
  const count = (character: string): number => address.split(character).length - 1;
  return new Map(
    Object.entries(CLOSERS).map(([closer, opener]) => [closer, Math.max(0, count(closer) - count(opener))]),
  );
}
