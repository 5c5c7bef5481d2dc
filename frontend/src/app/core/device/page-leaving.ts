let leaving = false;

/** Whether this page is about to end: what moves in its history now would keep it. */
export function isLeavingPage(): boolean {
  return leaving;
}

/** Loads another page in the place of this one, memory included. @param path of this origin */
export function leavePage(path: string): void {
  leaving = true;
  location.replace(path);
}
