/** Where the first script of a page leaves what an invite link carried. No other script of the page looks there. */
const TAKEN = Symbol.for('secure-chat.invite');

/** A page's address and history, and what was taken out of them. */
type InvitePage = Pick<Window, 'location' | 'history'> & { [TAKEN]?: string };

/**
 * Takes what an invite link carries out of the address and the history, before anything else reads them. Messengers and
 * mail programs write the link (`/join#KEY`) in many ways: with a slash, an escaped `#`, parameters in between. Whatever
 * follows `/join` is taken.
 */
export function takeInvite(page: InvitePage): void {
  const { pathname, search, hash } = page.location;
  const rest = /^\/+join(?![a-z0-9-])(.*)$/isu.exec(pathname)?.[1];
  if (rest === undefined || `${rest}${search}${hash}`.length === 0) return;
  page.history.replaceState(null, '', '/join');
  const text = `${rest} ${search} ${hash}`.replace(/^[\s/]+/u, '');
  if (text.trim() !== '') page[TAKEN] = text;
}

/** Hands out what was taken last, and forgets it. */
export function takenInvite(page: InvitePage): string | undefined {
  const text = page[TAKEN];
  delete page[TAKEN];
  return text;
}
