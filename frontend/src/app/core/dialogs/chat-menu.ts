import { CdkMenu, CdkMenuItem } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import { Router } from '@angular/router';
import type { Chat } from '@app/contracts/edge';
import { COMMON_WORDS } from '../wording/common-words';
import { Icon } from '../../ui/icon';
import { ChatDialogs } from './chat-dialogs';
import { CHAT_MENU_WORDS } from './words';

/** The menu of a chat, in its header and in the list. */
@Component({
  selector: 'app-chat-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkMenu, CdkMenuItem, Icon],
  template: `
    <div class="menu" cdkMenu [attr.aria-label]="common.chat">
      <button class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="dialogs.search(chat().id)">
        <app-icon name="search" />
        {{ words.search }}
      </button>
      <button class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="dialogs.showKey(chat().id)">
        <app-icon name="key" />
        {{ words.showKey }}
      </button>
      <button
        class="menu-item"
        cdkMenuItem
        (cdkMenuItemTriggered)="dialogs.rename(chat().id, chat().name ?? '')"
      >
        <app-icon name="pencil" />
        {{ words.rename }}
      </button>
      <button class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="dialogs.export(chat().id)">
        <app-icon name="download" />
        {{ words.export }}
      </button>
      <button class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="showStored()">
        <app-icon name="database" />
        {{ common.stored }}
      </button>
      <button class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="dialogs.leave(chat().id)">
        <app-icon name="leave" />
        {{ words.leave }}
      </button>
      <button class="menu-item danger-text" cdkMenuItem (cdkMenuItemTriggered)="dialogs.erase(chat().id)">
        <app-icon name="trash" />
        {{ words.delete }}
      </button>
    </div>
  `,
})
export class ChatMenu {
  readonly #router = inject(Router);
  protected readonly dialogs = inject(ChatDialogs);
  protected readonly words = CHAT_MENU_WORDS;
  protected readonly common = COMMON_WORDS;
  readonly chat = input.required<Pick<Chat, 'id' | 'name'>>();

  protected showStored(): void {
    void this.#router.navigate(['/chats', this.chat().id, 'stored']);
  }
}
