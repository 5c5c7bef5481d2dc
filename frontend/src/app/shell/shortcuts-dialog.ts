import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Preferences } from '../core/device/preferences';
import { COMMON_WORDS } from '../core/wording/common-words';
import { DialogFrame } from '../ui/dialog-frame';
import { SHORTCUT_WORDS } from './words';

interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
}

const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Alt', '↓'], does: SHORTCUT_WORDS.nextChat },
  { keys: ['Alt', '↑'], does: SHORTCUT_WORDS.previousChat },
  { keys: ['↑', '↓'], does: SHORTCUT_WORDS.move },
  { keys: ['Home', 'End'], does: SHORTCUT_WORDS.ends },
  { keys: ['Esc'], does: SHORTCUT_WORDS.escape },
  { keys: ['?'], does: SHORTCUT_WORDS.list },
];
/** The keys that send and that start a new line, as set by the user. */
const WRITING = {
  enterSends: [
    { keys: ['Enter'], does: SHORTCUT_WORDS.send },
    { keys: ['Shift', 'Enter'], does: SHORTCUT_WORDS.newLine },
  ],
  enterBreaks: [
    { keys: ['Ctrl', 'Enter'], does: SHORTCUT_WORDS.send },
    { keys: ['Enter'], does: SHORTCUT_WORDS.newLine },
  ],
} as const satisfies Record<string, readonly Shortcut[]>;

/** Shows the keyboard shortcuts. */
@Component({
  selector: 'app-shortcuts-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame],
  template: `
    <app-dialog-frame [heading]="common.shortcuts">
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
        <button class="button filled" type="button" (click)="close()">{{ common.close }}</button>
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
  protected readonly common = COMMON_WORDS;
  protected readonly shortcuts = [
    ...(inject(Preferences).enterSends() ? WRITING.enterSends : WRITING.enterBreaks),
    ...SHORTCUTS,
  ];

  protected close(): void {
    this.#dialog.close();
  }
}
