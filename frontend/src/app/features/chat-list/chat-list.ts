import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';
import type { Chat } from '@app/contracts/edge';
import { MinuteClock } from '../../core/device/minute-clock';
import { Messenger } from '../../core/messenger/messenger';
import { CHAT_WORDS, chatTitle, lastLine, memberName, otherMember } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { listTime } from '../../core/wording/time-words';
import { Avatar } from '../../ui/avatar';
import { CHAT_LIST_WORDS } from './words';

/** The user's chats as links, latest activity first. */
@Component({
  selector: 'app-chat-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, RouterLinkActive, Avatar],
  templateUrl: './chat-list.html',
  styleUrl: './chat-list.css',
})
export class ChatList {
  readonly #messenger = inject(Messenger);
  readonly #clock = inject(MinuteClock);

  protected readonly words = CHAT_LIST_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly ready = this.#messenger.ready;
  protected readonly rows = computed(() => {
    const me = this.#messenger.user()?.id;
    return this.#messenger.chats().map((chat) => ({
      id: chat.id,
      title: chatTitle(chat, me),
      online: otherMember(chat, me)?.online ?? false,
      line: lastLine(chat, me),
      writing: writingLine(chat, this.#messenger.typing(chat.id)),
      time: listTime(chat.lastMessage?.sentAt ?? chat.createdAt, this.#clock.now()),
      unread: chat.unread,
    }));
  });
}

/** Who is typing; where the chat is called like the one person who can, the name stands there already. */
function writingLine(chat: Chat, [writer]: readonly string[]): string {
  if (writer === undefined) return '';
  return chat.name === null ? `${CHAT_WORDS.typing}…` : `${memberName(chat, writer)} ${CHAT_WORDS.typing}…`;
}
