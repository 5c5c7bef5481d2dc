/** So much of a chat's name fits into the name of a file, in bytes: some systems allow 255 in all. */
const MOST_BYTES = 120;

/**
 * What the file of an exported chat is called, safe on every system: no path, no device, nothing that hides its ending.
 * @param title what the chat is called
 * @param at when it was exported, ISO 8601
 */
export function exportFileName(title: string, at: string): string {
  const safe = title
    .normalize('NFC')
    .replace(/[<>:"/\\|?*\s]+/gu, '-')
    .replace(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/\.{2,}/gu, '.');
  const name = shortened(safe).replace(/^[-.]+|[-.]+$/gu, '');
  return `secure-chat-${name === '' ? 'chat' : name}-${at.slice(0, 10)}.html`;
}

function shortened(name: string): string {
  const encoder = new TextEncoder();
  let short = '';
  let bytes = 0;
  for (const character of name) {
    bytes += encoder.encode(character).length;
    if (bytes > MOST_BYTES) break;
    short += character;
  }
  return short;
}
