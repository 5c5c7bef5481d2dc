import { CdkContextMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';
import type { Chat } from '@app/contracts/edge';
import { MinuteClock } from '../../core/device/minute-clock';
import { ChatMenu } from '../../core/dialogs/chat-menu';
import { Messenger } from '../../core/messenger/messenger';
import {
  CHAT_WORDS,
  chatTitle,
  lastLine,
  memberName,
  oneLine,
  otherMember,
} from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { listTime } from '../../core/wording/time-words';
import { Avatar } from '../../ui/avatar';
import { LongPress } from '../../ui/long-press';
import { CHAT_LIST_WORDS } from './words';

/** The number of chats from which the list has a filter. */
const FILTER_FROM = 9;

/** The user's chats as links, latest activity first. */
@Component({
  selector: 'app-chat-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkContextMenuTrigger, RouterLink, RouterLinkActive, Avatar, ChatMenu, LongPress],
  templateUrl: './chat-list.html',
  styleUrl: './chat-list.css',
})
export class ChatList {
  readonly #messenger = inject(Messenger);
  readonly #clock = inject(MinuteClock);

  protected readonly words = CHAT_LIST_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly ready = this.#messenger.ready;
  protected readonly filter = signal('');
  protected readonly filterable = computed(() => this.#messenger.chats().length >= FILTER_FROM);
  /** The chats whose title or other member matches the filter. */
  protected readonly rows = computed(() => {
    const wanted = this.filterable() ? searchable(this.filter()) : '';
    return this.#all().filter(
      ({ title, other }) =>
        wanted === '' || searchable(title).includes(wanted) || searchable(other).includes(wanted),
    );
  });
  readonly #all = computed(() => {
    const me = this.#messenger.user()?.id;
    return this.#messenger.chats().map((chat) => ({
      id: chat.id,
      name: chat.name,
      title: chatTitle(chat, me),
      other: otherMember(chat, me)?.username ?? '',
      draft: oneLine(this.#messenger.draft(chat.id)),
      online: otherMember(chat, me)?.online ?? false,
      line: lastLine(chat, me),
      writing: writingLine(chat, this.#messenger.typing(chat.id)),
      time: listTime(chat.lastMessage?.sentAt ?? chat.createdAt, this.#clock.now()),
      unread: chat.unread,
    }));
  });
}

/** Returns a text without case and diacritics, for searching. */
function searchable(text: string): string {
  return text.trim().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Returns who is typing, without the name if the chat's title is that name. */
function writingLine(chat: Chat, [writer]: readonly string[]): string {
  if (writer === undefined) return '';
  return chat.name === null ? `${CHAT_WORDS.typing}…` : `${memberName(chat, writer)} ${CHAT_WORDS.typing}…`;
}
