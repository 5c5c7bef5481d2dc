import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { Messenger } from '../../core/messenger/messenger';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { dayAndTime } from '../../core/wording/time-words';
import { Avatar } from '../../ui/avatar';
import { PageHead } from '../../ui/page-head';
import { ActivityList } from './activity-list';
import { AccountRemoval } from './account-removal';
import { DataExport } from './data-export';
import { DeviceChoices } from './device-choices';
import { PasswordForm } from './password-form';
import { SessionList } from './session-list';
import { ACCOUNT_WORDS } from './words';

/** The account page. */
@Component({
  selector: 'app-account-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    ActivityList,
    AccountRemoval,
    Avatar,
    DataExport,
    DeviceChoices,
    PageHead,
    PasswordForm,
    SessionList,
  ],
  template: `
    <app-page-head [heading]="common.accountSettings" />
    <div class="page">
      <div class="who">
        <app-avatar [name]="username()" />
        <div>
          <p class="name" dir="auto">{{ username() }}</p>
          <p class="soft small">{{ words.memberSince }} {{ since() }}</p>
        </div>
      </div>
      <app-device-choices />
      <app-session-list #sessions />
      <app-password-form (changed)="sessions.load()" />
      <app-activity-list />
      <app-data-export />
      <app-account-removal />
    </div>
  `,
  styles: `
    .page {
      display: grid;
      gap: var(--space-5);
      width: min(46rem, 100%);
      margin: 0 auto;
      padding: var(--space-5) var(--space-4) var(--space-7);
    }
    .who {
      display: flex;
      align-items: center;
      gap: var(--space-3);
      min-width: 0;
    }
    .name {
      font-size: var(--text-l);
      font-weight: 650;
      overflow-wrap: anywhere;
    }
  `,
})
export class AccountPage {
  readonly #user = inject(Messenger).user;
  protected readonly words = ACCOUNT_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly username = computed(() => this.#user()?.username ?? '');
  protected readonly since = computed(() => dayAndTime(this.#user()?.createdAt ?? new Date().toISOString()));
}
