import { takeInvite } from './app/core/session/invite-address';

// A file of its own, which the page runs first: the key in an invite link leaves the address before the client is
// loaded, and also where it is never loaded.
takeInvite(globalThis.window);
