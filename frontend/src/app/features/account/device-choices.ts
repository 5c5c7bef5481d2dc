import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { MessageNotices } from '../../core/device/message-notices';
import { Preferences } from '../../core/device/preferences';
import { NOTICE_WORDS } from '../../core/messenger/words';
import { DEVICE_WORDS } from './words';

/** The settings for notifications in this browser. Everything is off by default. */
@Component({
  selector: 'app-device-choices',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>{{ words.heading }}</h2>
      <label class="switch">
        <input type="checkbox" [checked]="choices().notify" (change)="notify($event)" />
        <span>
          {{ words.notifications }}
          <span class="hint block">{{ words.notificationsHint }}</span>
        </span>
      </label>
      @if (refused()) {
        <p class="notice warn">
          {{ notices.blocked }}
        </p>
      }
      <label class="switch">
        <input
          type="checkbox"
          [checked]="choices().notifyText"
          [disabled]="!choices().notify"
          (change)="preferences.choose({ notifyText: checked($event) })"
        />
        <span>
          {{ words.showText }}
          <span class="hint block">{{ words.showTextHint }}</span>
        </span>
      </label>
      <label class="switch">
        <input
          type="checkbox"
          [checked]="choices().sound"
          (change)="preferences.choose({ sound: checked($event) })"
        />
        <span>{{ words.sound }}</span>
      </label>
      <label class="switch">
        <input
          type="checkbox"
          [checked]="preferences.enterSends()"
          (change)="preferences.choose({ enterSends: checked($event) })"
        />
        <span>
          {{ words.enterSends }}
          <span class="hint block">{{ words.enterSendsHint }}</span>
        </span>
      </label>
    </section>
  `,
  styles: `
    .block {
      display: block;
    }
  `,
})
export class DeviceChoices {
  protected readonly preferences = inject(Preferences);
  readonly #notices = inject(MessageNotices);
  protected readonly words = DEVICE_WORDS;
  protected readonly notices = NOTICE_WORDS;
  protected readonly choices = this.preferences.choices;
  protected readonly refused = signal(false);

  protected async notify(event: Event): Promise<void> {
    const box = event.target as HTMLInputElement;
    if (!box.checked) {
      this.refused.set(false);
      return this.preferences.choose({ notify: false });
    }
    box.checked = await this.#notices.turnOn();
    this.refused.set(!box.checked);
  }

  protected checked(event: Event): boolean {
    return (event.target as HTMLInputElement).checked;
  }
}
