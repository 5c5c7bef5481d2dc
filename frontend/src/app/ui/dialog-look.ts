/** The element of a dialog that gets the focus first: its first control, the harmless one, or the dialog itself. */
export type DialogFocus = 'first-tabbable' | '[data-first]' | 'dialog';

/** The options of every dialog. */
export function dialogLook(
  ariaLabel: string,
  autoFocus: DialogFocus = 'first-tabbable',
): {
  readonly ariaLabel: string;
  readonly autoFocus: DialogFocus;
  readonly panelClass: string;
  readonly backdropClass: string;
} {
  return { ariaLabel, autoFocus, panelClass: 'dialog-pane', backdropClass: 'veil' };
}
