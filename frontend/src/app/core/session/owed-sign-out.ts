import { browserStorage } from '../device/browser-storage';

/** The item that other tabs watch. */
export const SIGN_OUT_OWED = 'secure-chat.sign-out-owed';
/** If the browser refuses storage, it is lost with the page. */
let owedHere = false;

/** Whether a user has signed out and the server has not received it yet. */
export function isSignOutOwed(): boolean {
  try {
    return owedHere || browserStorage()?.getItem(SIGN_OUT_OWED) === 'yes';
  } catch {
    return owedHere;
  }
}

/** Records whether a sign-out must still be sent to the server. */
export function oweSignOut(owed: boolean): void {
  owedHere = false;
  try {
    if (owed) browserStorage()?.setItem(SIGN_OUT_OWED, 'yes');
    else browserStorage()?.removeItem(SIGN_OUT_OWED);
  } catch {
    owedHere = owed; // full or forbidden
  }
}
