import { browserStorage } from '../device/browser-storage';

/** The item that other tabs watch. */
export const SIGN_OUT_OWED = 'secure-chat.sign-out-owed';
/** Where the browser stores nothing, it ends with the page. */
let owedHere = false;

/** Whether somebody signed out, and the server has not been told. */
export function isSignOutOwed(): boolean {
  try {
    return owedHere || browserStorage()?.getItem(SIGN_OUT_OWED) === 'yes';
  } catch {
    return owedHere;
  }
}

/** Notes that the server is to be told of a sign-out, or that it was. */
export function oweSignOut(owed: boolean): void {
  owedHere = false;
  try {
    if (owed) browserStorage()?.setItem(SIGN_OUT_OWED, 'yes');
    else browserStorage()?.removeItem(SIGN_OUT_OWED);
  } catch {
    owedHere = owed; // full or forbidden
  }
}
