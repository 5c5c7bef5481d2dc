import type { Message } from '@app/contracts/edge';
import { clockTime, dateWords, exactTime } from '../../core/wording/time-words';
import { CHAT_EXPORT_WORDS } from './export-words';
import { linkParts } from './link-parts';
import { MESSAGE_WORDS } from './words';

/** What stands above the messages of an exported chat. */
export interface ExportHeading {
  readonly title: string;
  readonly members: readonly string[];
  readonly exportedBy: string;
  /** When, ISO 8601. */
  readonly at: string;
  readonly timeZone: string;
}

/** A message as it is exported. */
export interface ExportedMessage {
  readonly message: Message;
  readonly sender: string;
  /** Whether whoever exports wrote it. */
  readonly own: boolean;
}

/** The file has no other style, and its policy allows no other. */
export const EXPORT_STYLE = `
:root{color-scheme:light dark;--paper:#f5f3ee;--ink:#1a211e;--soft:#535e58;--own:#d2eae0;--other:#fff;--link:#0b5a4a;--line:#dedad0}
@media (prefers-color-scheme:dark){:root{--paper:#0f1412;--ink:#e9efeb;--soft:#a5b2ac;--own:#1b463a;--other:#222b27;--link:#8be2cc;--line:#2a332f}}
body{max-width:50rem;margin:0 auto;padding:1rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header{border-bottom:1px solid var(--line)}
h1{margin:0;font-size:1.5rem}
header p,.by{margin:.25rem 0;color:var(--soft);font-size:.875rem}
h2{margin:1.5rem 0 .75rem;color:var(--soft);font-size:.875rem;text-align:center}
article{width:fit-content;min-width:8rem;max-width:85%;margin:.5rem 0;padding:.4rem .8rem .6rem;border:1px solid var(--line);border-radius:1rem;background:var(--other);break-inside:avoid-page}
article.own{margin-inline-start:auto;background:var(--own)}
.by{display:flex;gap:1rem;justify-content:space-between;font-size:.75rem}
.text{white-space:pre-wrap;unicode-bidi:plaintext;overflow:clip;overflow-clip-margin:content-box}
.note{color:var(--soft);font-style:italic}
a{color:var(--link);unicode-bidi:isolate}
a[data-host]::after{content:attr(data-host);font-size:.875rem}
`;
/** SHA-256 of the style, in base64. Browsers offer none over plain HTTP, so it stands here. */
export const EXPORT_STYLE_HASH = 'LNmfKks4xEeTpBpkfy5ErV4RgcEpjPdC3a8sQQB9nmU=';

const POLICY = `default-src 'none'; style-src 'sha256-${EXPORT_STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // Read as a line feed, if it stood there as it is.
  '\r': '&#13;',
  // HTML has none.
  '\0': '\ufffd',
};

/** A text as it stands in HTML, between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\r\0]/gu, (character) => ENTITIES[character] ?? character);
}

/** The beginning of the file. */
export function exportHead({ title, members, exportedBy, at, timeZone }: ExportHeading): string {
  const names = members.map(isolated).join(', ');
  const time = `<time datetime="${escapeHtml(at)}">${escapeHtml(exactTime(at))}</time>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${EXPORT_STYLE}</style>
</head>
<body>
<header>
<h1 dir="auto">${escapeHtml(title)}</h1>
<p>${CHAT_EXPORT_WORDS.members} ${names}</p>
<p>${CHAT_EXPORT_WORDS.exportedBy} ${isolated(exportedBy)} ${CHAT_EXPORT_WORDS.on} ${time}. ${escapeHtml(CHAT_EXPORT_WORDS.times(timeZone))}</p>
</header>
<main>
`;
}

/** The end of the file. @param empty whether there was no message */
export function exportEnd(empty: boolean): string {
  return `${empty ? `<p class="note">${CHAT_EXPORT_WORDS.empty}</p>\n` : ''}</main>\n</body>\n</html>\n`;
}

/** The day above the messages of it. */
export function exportDay(iso: string): string {
  return `<h2>${escapeHtml(dateWords(iso))}</h2>\n`;
}

/** One message. What a message gets besides its text (an answer's quote, reactions, attachments) belongs here. */
export function exportMessage({ message, sender, own }: ExportedMessage): string {
  const by = message.senderId === null ? '' : isolated(sender);
  return `<article${own ? ' class="own"' : ''}>\n<p class="by">${by} ${timeOf(message)}</p>\n${bodyOf(message)}\n</article>\n`;
}

function timeOf({ sentAt }: Message): string {
  if (sentAt === null) return '';
  return `<time datetime="${escapeHtml(sentAt)}" title="${escapeHtml(exactTime(sentAt))}">${escapeHtml(clockTime(sentAt))}</time>`;
}

function bodyOf({ id, text, damaged, deletedAt }: Message): string {
  const note = (words: string): string => `<div class="note">${escapeHtml(words)}</div>`;
  if (damaged) return note(id === null ? MESSAGE_WORDS.missing : MESSAGE_WORDS.damaged);
  if (deletedAt !== null) return note(MESSAGE_WORDS.deleted);
  return `<div class="text" dir="auto">${linkParts(text ?? '')
    .map(partHtml)
    .join('')}</div>`;
}

/** Where a link's address does not show the host that it opens, the style shows it: the text stays what was sent. */
function partHtml({ text, href, host }: ReturnType<typeof linkParts>[number]): string {
  if (href === null) return escapeHtml(text);
  const shown = host === null ? '' : ` data-host="${escapeHtml(CHAT_EXPORT_WORDS.opens(host))}"`;
  return `<a dir="ltr" href="${escapeHtml(href)}" rel="noopener noreferrer nofollow"${shown}>${escapeHtml(text)}</a>`;
}

function isolated(name: string): string {
  return `<bdi>${escapeHtml(name)}</bdi>`;
}
