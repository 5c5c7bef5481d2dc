/** The first thing in a dialog that takes the focus: its first control, the harmless one, or the dialog itself. */
export type DialogFocus = 'first-tabbable' | '[data-first]' | 'dialog';

/** What every dialog of the client has in common. */
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
