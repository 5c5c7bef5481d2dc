import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { COMMON_WORDS } from '../wording/common-words';
import { failureWords } from '../wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Icon } from '../../ui/icon';

/** A question and its consequences. */
export interface Confirmation {
  readonly heading: string;
  /** The consequences, one paragraph each. */
  readonly words: readonly string[];
  /** Details under a heading that expands. */
  readonly more?: { readonly heading: string; readonly words: string };
  /** The label of the button that confirms. */
  readonly label: string;
  /** Whether it can be undone: then it is not styled as dangerous. */
  readonly harmless?: true;
  /** The action. The dialog shows a rejection and stays open. */
  readonly act: () => Promise<void>;
}

/** Asks for confirmation; the button that cancels has the focus. */
@Component({
  selector: 'app-confirm-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Icon],
  template: `
    <app-dialog-frame [heading]="asked.heading">
      @for (words of asked.words; track words) {
        <p>{{ words }}</p>
      }
      @if (asked.more; as more) {
        <details class="soft">
          <summary>{{ more.heading }}</summary>
          <p>{{ more.words }}</p>
        </details>
      }
      @if (error(); as words) {
        <p class="notice bad" role="alert">
          <app-icon name="alert" [size]="18" />
          <span>{{ words }}</span>
        </p>
      }
      <ng-container actions>
        <button class="button outlined" type="button" data-first (click)="close(false)">
          {{ common.cancel }}
        </button>
        <button
          class="button"
          [class]="asked.harmless ? 'filled' : 'dangerous'"
          type="button"
          [attr.aria-disabled]="busy()"
          (click)="act()"
        >
          {{ asked.label }}
        </button>
      </ng-container>
    </app-dialog-frame>
  `,
})
export class ConfirmDialog {
  protected readonly asked = inject<Confirmation>(DIALOG_DATA);
  protected readonly common = COMMON_WORDS;
  protected readonly busy = signal(false);
  protected readonly error = signal('');
  readonly #dialog = inject<DialogRef<boolean>>(DialogRef);

  protected async act(): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    this.error.set('');
    try {
      await this.asked.act();
      this.close(true);
    } catch (error) {
      this.error.set(failureWords(error));
    }
    this.busy.set(false);
  }

  protected close(done: boolean): void {
    this.#dialog.close(done);
  }
}
