/**
 * Copies a text to the clipboard, also if the Clipboard API is missing or refused (a page over plain HTTP from another
 * host than localhost has none).
 * @param beside an element inside the dialog that has the focus
 * @returns whether it succeeded
 */
export async function copyText(text: string, beside: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, beside);
  }
}

function copyBySelection(text: string, beside: HTMLElement): boolean {
  const focused = document.activeElement;
  const box = document.createElement('textarea');
  box.className = 'unseen';
  box.readOnly = true;
  box.value = text;
  // A text box changes line breaks: what is copied is the text itself.
  box.addEventListener('copy', (event) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  });
  beside.append(box);
  box.select();
  // Deprecated, but the only way without the Clipboard API.
  const copied = document.execCommand('copy');
  box.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
