const SAID = 'secure-chat.said-by-last-page';
let leaving = false;

/** Whether this page is about to end: what moves in its history now would keep it. */
export function isLeavingPage(): boolean {
  return leaving;
}

/** Loads another page in the place of this one, memory included. @param path of this origin */
export function leavePage(path: string): void {
  leaving = true;
  // Where the browser keeps the page for the way back, it shows nothing of what it held.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
  location.replace(path);
}

/** Leaves a word for the page that is loaded next in this tab. @param word nothing secret: it is stored until then */
export function sayOnNextPage(word: string): void {
  try {
    sessionStorage.setItem(SAID, word);
  } catch {
    // Full or forbidden: then the next page says nothing of it.
  }
}

/** Takes the word that the page before this one left; null when there is none. */
export function saidByLastPage(): string | null {
  try {
    const said = sessionStorage.getItem(SAID);
    sessionStorage.removeItem(SAID);
    return said;
  } catch {
    return null;
  }
}
