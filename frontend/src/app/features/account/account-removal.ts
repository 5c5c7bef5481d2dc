import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Dialogs } from '../../core/dialogs/dialogs';

/** The way out for good. */
@Component({
  selector: 'app-account-removal',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>Leave for good</h2>
      <p class="soft">
        Your account and everything you wrote are erased. Chats stay with the other person, without your
        words; a chat in which you are alone is erased whole.
      </p>
      <div class="actions">
        <button class="button outlined danger-text" type="button" (click)="ask()">Delete account</button>
      </div>
    </section>
  `,
})
export class AccountRemoval {
  readonly #dialogs = inject(Dialogs);

  protected async ask(): Promise<void> {
    const { AccountRemovalDialog } = await import('./account-removal-dialog');
    await this.#dialogs.show(AccountRemovalDialog, 'Delete your account?', undefined, '[data-first]');
  }
}
