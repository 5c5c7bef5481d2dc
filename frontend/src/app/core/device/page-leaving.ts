const SAID = 'secure-chat.said-by-last-page';
let leaving = false;

/** Whether this page is being replaced: a change of its history would prevent that. */
export function isLeavingPage(): boolean {
  return leaving;
}

/** Replaces this page by another one and clears its memory. @param path of this origin */
export function leavePage(path: string): void {
  leaving = true;
  // If the browser keeps the page for the back button, it must not show its content again.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
  location.replace(path);
}

/** Stores a text for the next page in this tab. @param word nothing secret: it is stored until then */
export function sayOnNextPage(word: string): void {
  try {
    sessionStorage.setItem(SAID, word);
  } catch {
    // Full or forbidden: the next page does not show it.
  }
}

/** Returns and removes the text of the previous page; null if there is none. */
export function saidByLastPage(): string | null {
  try {
    const said = sessionStorage.getItem(SAID);
    sessionStorage.removeItem(SAID);
    return said;
  } catch {
    return null;
  }
}
