import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, effect, inject, signal, viewChild } from '@angular/core';
import { Router } from '@angular/router';
import { Messenger } from '../../core/messenger/messenger';
import { chatNameFault } from '../../core/session/account-rules';
import { inviteLink } from '../../core/session/invite';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Field } from '../../ui/field';
import { Icon } from '../../ui/icon';
import { KeyPanel } from '../../ui/key-panel';
import { CHAT_LIST_WORDS } from './words';

/** Creates a chat, then shows its key. */
@Component({
  selector: 'app-new-chat-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Field, Icon, KeyPanel],
  template: `
    @if (made(); as chat) {
      <app-dialog-frame #ready [heading]="words.ready">
        <p class="soft">{{ words.share }}</p>
        <app-key-panel [key]="chat.key" [link]="chat.link" />
        <ng-container actions>
          <button class="button filled" type="button" (click)="open(chat.id)">{{ common.openChat }}</button>
        </ng-container>
      </app-dialog-frame>
    } @else {
      <form novalidate (submit)="create($event)">
        <app-dialog-frame [heading]="common.newChat">
          <app-field
            #field
            [label]="common.chatName"
            name="chat-name"
            [hint]="words.nameHint"
            [error]="fault()"
            [(value)]="name"
          />
          @if (error(); as words) {
            <p class="notice bad" role="alert">
              <app-icon name="alert" [size]="18" />
              <span>{{ words }}</span>
            </p>
          }
          <ng-container actions>
            <button class="button" type="button" (click)="close()">{{ common.cancel }}</button>
            <button class="button filled" type="submit" [attr.aria-disabled]="busy()">
              {{ words.create }}
            </button>
          </ng-container>
        </app-dialog-frame>
      </form>
    }
  `,
})
export class NewChatDialog {
  readonly #dialog = inject(DialogRef);
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);

  protected readonly words = CHAT_LIST_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly name = signal('');
  protected readonly fault = signal('');
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  protected readonly made = signal<{
    readonly id: string;
    readonly key: string;
    readonly link: string;
  } | null>(null);
  private readonly field = viewChild<Field>('field');
  private readonly ready = viewChild<DialogFrame>('ready');

  constructor() {
    // The button that had the focus was removed with the form.
    effect(() => this.ready()?.focusHeading());
  }

  protected async create(event: Event): Promise<void> {
    event.preventDefault();
    const name = this.name().trim();
    this.fault.set(name === '' ? '' : chatNameFault(name));
    if (this.fault() !== '') return this.field()?.focus();
    if (this.busy()) return;
    this.busy.set(true);
    this.error.set('');
    try {
      const { chat, key } = await this.#messenger.client.createChat(name === '' ? undefined : name);
      this.made.set({ id: chat.id, key, link: inviteLink(key) });
    } catch (error) {
      this.error.set(failureWords(error));
    }
    this.busy.set(false);
  }

  protected open(chatId: string): void {
    this.close();
    void this.#router.navigate(['/chats', chatId]);
  }

  protected close(): void {
    this.#dialog.close();
  }
}
