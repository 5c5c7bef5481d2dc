import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal, viewChild } from '@angular/core';
import { Router } from '@angular/router';
import { findChatKey } from '@app/contracts/edge';
import { PageFocus } from '../../core/device/page-focus';
import { joinByKey } from '../../core/messenger/join-by-key';
import { Messenger } from '../../core/messenger/messenger';
import { Invite } from '../../core/session/invite';
import { chatTitle } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Field } from '../../ui/field';
import { Icon } from '../../ui/icon';
import { JOIN_CHAT_WORDS } from './words';

/** Joins a chat with a key that was typed, pasted or contained in an invite link. */
@Component({
  selector: 'app-join-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Field, Icon],
  template: `
    <form novalidate (submit)="join($event)">
      <app-dialog-frame [heading]="common.joinChat">
        <p class="soft">{{ words.meaning }}</p>
        <app-field
          #field
          [label]="common.chatKey"
          name="chat-key"
          [plain]="true"
          [mono]="true"
          [lines]="3"
          [value]="key()"
          (valueChange)="typed($event)"
        />
        @if (error(); as words) {
          <div class="notice bad" role="alert">
            <app-icon name="alert" [size]="18" />
            <span>{{ words }}</span>
          </div>
        }
        <ng-container actions>
          <button class="button" type="button" (click)="close()">{{ common.cancel }}</button>
          @if (already(); as chatId) {
            <button class="button outlined" type="button" (click)="open(chatId)">
              {{ common.openChat }}
            </button>
          }
          <button class="button filled" type="submit" [attr.aria-disabled]="busy()">{{ words.join }}</button>
        </ng-container>
      </app-dialog-frame>
    </form>
  `,
})
export class JoinDialog {
  readonly #dialog = inject(DialogRef);
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);
  readonly #invite = inject(Invite);
  readonly #focus = inject(PageFocus);

  protected readonly words = JOIN_CHAT_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly key = signal(this.#invite.take() ?? '');
  protected readonly error = signal(this.#invite.takeRefusal());
  protected readonly already = signal<string | null>(null);
  protected readonly busy = signal(false);
  private readonly field = viewChild.required<Field>('field');

  protected typed(text: string): void {
    this.key.set(text);
    this.error.set('');
    this.already.set(null);
  }

  protected async join(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    const text = this.field().read().trim();
    const found = findChatKey(text);
    // Also remove the text around the key in the field.
    const key = found.kind === 'one' ? found.key : text;
    this.typed(key);
    if (key === '') return this.#refuse(JOIN_CHAT_WORDS.none);
    this.busy.set(true);
    const outcome = await joinByKey(this.#messenger, key);
    this.busy.set(false);
    if (outcome.kind === 'refused') return this.#refuse(outcome.message);
    if (outcome.kind === 'joined') {
      this.open(outcome.chat.id);
      const title = chatTitle(outcome.chat, this.#messenger.user()?.id);
      return this.#focus.say(JOIN_CHAT_WORDS.joined(title));
    }
    this.already.set(outcome.chat.id);
    this.#refuse(JOIN_CHAT_WORDS.alreadyIn);
  }

  protected open(chatId: string): void {
    this.#dialog.close(chatId);
    void this.#router.navigate(['/chats', chatId]);
  }

  protected close(): void {
    this.#dialog.close();
  }

  #refuse(message: string): void {
    this.error.set(message);
    this.field().focus();
  }
}
