import { inject } from '@angular/core';
import { type CanActivateFn, Router } from '@angular/router';
import { Invite } from './invite';
import { SessionStore } from './session-store';

/** Admits signed-in users; others sign up or log in first and then return. */
export const signedInOnly: CanActivateFn = async (_route, { url }) => {
  const session = inject(SessionStore);
  const router = inject(Router);
  const invite = inject(Invite);
  if (await session.settled()) return true;
  session.returnTo = url;
  const deepLink = url !== '/chats' && url !== '/join';
  const toLogIn = invite.key() === null && (session.knownHere || deepLink);
  return router.parseUrl(toLogIn ? '/log-in' : '/sign-up');
};

/** Redirects signed-in users from the sign-up and log-in pages. */
export const signedOutOnly: CanActivateFn = async () => {
  const session = inject(SessionStore);
  const router = inject(Router);
  return (await session.maybeSettled()) ? router.parseUrl('/chats') : true;
};
