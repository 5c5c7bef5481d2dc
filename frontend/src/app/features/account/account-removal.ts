import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Dialogs } from '../../core/dialogs/dialogs';
import { ACCOUNT_WORDS } from './words';

/** The section that deletes the account. */
@Component({
  selector: 'app-account-removal',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>{{ words.deleteHeading }}</h2>
      <p class="soft">{{ words.deleteMeaning }}</p>
      <div class="actions">
        <button class="button outlined danger-text" type="button" (click)="ask()">
          {{ words.deleteButton }}
        </button>
      </div>
    </section>
  `,
})
export class AccountRemoval {
  protected readonly words = ACCOUNT_WORDS;
  readonly #dialogs = inject(Dialogs);

  protected async ask(): Promise<void> {
    const { AccountRemovalDialog } = await import('./account-removal-dialog');
    await this.#dialogs.show(AccountRemovalDialog, ACCOUNT_WORDS.deleteQuestion, undefined, '[data-first]');
  }
}
