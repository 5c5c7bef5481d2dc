import { CdkMenuTrigger } from '@angular/cdk/menu';
import type { ConnectedPosition } from '@angular/cdk/overlay';
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  viewChild,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { MinuteClock } from '../../core/device/minute-clock';
import { ChatMenu } from '../../core/dialogs/chat-menu';
import { Messenger } from '../../core/messenger/messenger';
import { CHAT_WORDS, otherMember, shownName } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { lastSeenWords } from '../../core/wording/time-words';
import { Avatar } from '../../ui/avatar';
import { Icon } from '../../ui/icon';
import { CHAT_HEADER_WORDS } from './words';

/** Above a conversation: what it is called, who is there, and its menu. */
@Component({
  selector: 'app-chat-header',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, CdkMenuTrigger, Avatar, ChatMenu, Icon],
  templateUrl: './chat-header.html',
  styleUrl: './chat-header.css',
})
export class ChatHeader {
  readonly #messenger = inject(Messenger);
  readonly #clock = inject(MinuteClock);

  readonly chatId = input.required<string>();
  readonly title = input.required<string>();
  readonly gone = input(false);

  protected readonly words = CHAT_HEADER_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly chat = this.#messenger.chat(this.chatId);
  protected readonly other = computed(() => {
    const chat = this.chat();
    return chat && otherMember(chat, this.#messenger.user()?.id);
  });
  /** How many messages are unread in other chats; the page's title tells it to everybody. */
  protected readonly elsewhere = computed(() => this.#messenger.unread() - (this.chat()?.unread ?? 0));
  protected readonly subtitle = computed(() => {
    const chat = this.chat();
    const other = this.other();
    if (!chat) return '';
    if (!other) {
      const former = chat.formerMembers.at(-1);
      if (!former) return CHAT_WORDS.waiting;
      return former.username === null
        ? CHAT_HEADER_WORDS.otherDeleted
        : CHAT_HEADER_WORDS.left(shownName(former.username));
    }
    // Who is typing is there, whatever was heard of them before.
    const here = other.online || this.#messenger.typing(chat.id).includes(other.id);
    const seen = here
      ? CHAT_HEADER_WORDS.online
      : other.lastSeenAt === null
        ? CHAT_HEADER_WORDS.offline
        : lastSeenWords(other.lastSeenAt, this.#clock.now());
    return chat.name === null ? capital(seen) : `${shownName(other.username)}, ${seen}`;
  });
  protected readonly menuPosition: ConnectedPosition[] = [
    { originX: 'end', originY: 'bottom', overlayX: 'end', overlayY: 'top', offsetY: 4 },
  ];
  private readonly menuButton = viewChild<ElementRef<HTMLElement>>('menuButton');

  /** Gives the focus to the button that opens the menu. */
  focusMenu(): void {
    this.menuButton()?.nativeElement.focus();
  }
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
