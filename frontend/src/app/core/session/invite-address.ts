/** Where the first script of a page stores the content of an invite link. No other script reads it. */
const TAKEN = Symbol.for('secure-chat.invite');

/** A page's address and history, and what was removed from them. */
type InvitePage = Pick<Window, 'location' | 'history'> & { [TAKEN]?: string };

/**
 * Removes the content of an invite link from the address and the history, before anything else reads them. Messengers
 * and mail programs change the link (`/join#KEY`) in many ways: with a slash, an escaped `#`, parameters in between. So
 * this takes everything after `/join`.
 */
export function takeInvite(page: InvitePage): void {
  const { pathname, search, hash } = page.location;
  const rest = /^\/+join(?![a-z0-9-])(.*)$/isu.exec(pathname)?.[1];
  if (rest === undefined || `${rest}${search}${hash}`.length === 0) return;
  page.history.replaceState(null, '', '/join');
  const text = `${rest} ${search} ${hash}`.replace(/^[\s/]+/u, '');
  if (text.trim() !== '') page[TAKEN] = text;
}

/** Returns and removes the content that was taken last. */
export function takenInvite(page: InvitePage): string | undefined {
  const text = page[TAKEN];
  delete page[TAKEN];
  return text;
}
