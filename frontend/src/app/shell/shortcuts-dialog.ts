import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { DialogFrame } from '../ui/dialog-frame';

const SHORTCUTS: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ['Enter'], does: 'Send the message' },
  { keys: ['Shift', 'Enter'], does: 'Begin a new line' },
  { keys: ['Alt', '↓'], does: 'Next chat' },
  { keys: ['Alt', '↑'], does: 'Previous chat' },
  { keys: ['↑', '↓'], does: 'Go from message to message, once the messages have the focus' },
  { keys: ['Home', 'End'], does: 'First and last message on the page' },
  { keys: ['Esc'], does: 'Back to the message box; close a dialog or menu' },
  { keys: ['?'], does: 'This list' },
];

/** What the keyboard can do. */
@Component({
  selector: 'app-shortcuts-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame],
  template: `
    <app-dialog-frame heading="Keyboard shortcuts">
      <dl>
        @for (shortcut of shortcuts; track shortcut.does) {
          <div>
            <dt>
              @for (key of shortcut.keys; track key) {
                <kbd>{{ key }}</kbd>
              }
            </dt>
            <dd>{{ shortcut.does }}</dd>
          </div>
        }
      </dl>
      <ng-container actions>
        <button class="button filled" type="button" (click)="close()">Close</button>
      </ng-container>
    </app-dialog-frame>
  `,
  styles: `
    dl {
      display: grid;
      gap: var(--space-3);
    }
    dl div {
      display: grid;
      grid-template-columns: 8.5rem minmax(0, 1fr);
      gap: var(--space-3);
    }
    kbd {
      display: inline-block;
      min-width: 1.75rem;
      margin-right: var(--space-1);
      padding: 0 var(--space-2);
      border: 1px solid var(--line-strong);
      border-radius: var(--radius-s);
      background: var(--sunken);
      font: var(--text-s) / 1.6 var(--font);
      text-align: center;
    }
    @media (max-width: 26rem) {
      dl div {
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-1);
      }
    }
  `,
})
export class ShortcutsDialog {
  readonly #dialog = inject(DialogRef);
  protected readonly shortcuts = SHORTCUTS;

  protected close(): void {
    this.#dialog.close();
  }
}
