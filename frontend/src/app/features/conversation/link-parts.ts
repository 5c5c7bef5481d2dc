/** A piece of a message's text: plain, or a link with its address. */
export interface TextPart {
  readonly text: string;
  readonly href: string | null;
}

const CANDIDATE = /(?:https?:\/\/|mailto:)[^\s<>"“”«»]+/giu;
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/**
 * Finds the links in a text: http, https and mailto only. Joined again, the parts are the text.
 * @param text a message as it was written
 */
export function linkParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = withoutSentenceEnd(match[0]);
    const href = hrefOf(address);
    if (href === null) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index), href: null });
    parts.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), href: null });
  return parts;
}

function hrefOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!SCHEMES.has(url.protocol)) return null;
  return url.protocol === 'mailto:' && !url.pathname.includes('@') ? null : url.href;
}

/** A full stop or a bracket after an address belongs to the sentence, unless the bracket began in the address. */
function withoutSentenceEnd(address: string): string {
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    const opener = CLOSERS[last];
    if (opener === undefined ? !/[.,;:!?'’…]/u.test(last) : balanced(address.slice(0, end), opener, last))
      break;
  }
  return address.slice(0, end);
}

function balanced(text: string, opener: string, closer: string): boolean {
  return text.split(opener).length >= text.split(closer).length;
}
