import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';
import type { Chat } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { chatTitle, lastLine, memberName, otherMember } from '../../core/wording/chat-words';
import { listTime } from '../../core/wording/time-words';
import { Avatar } from '../../ui/avatar';

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

  protected readonly ready = this.#messenger.ready;
  protected readonly rows = computed(() => {
    const me = this.#messenger.user()?.id;
    return this.#messenger.chats().map((chat) => ({
      id: chat.id,
      title: chatTitle(chat, me),
      online: otherMember(chat, me)?.online ?? false,
      line: lastLine(chat, me),
      writing: writingLine(chat, this.#messenger.typing(chat.id)),
      time: listTime(chat.lastMessage?.sentAt ?? chat.createdAt),
      unread: chat.unread,
    }));
  });
}

/** Who is writing; where the chat is called like the one person who can, the name stands there already. */
function writingLine(chat: Chat, [writer]: readonly string[]): string {
  if (writer === undefined) return '';
  return chat.name === null ? 'is writing…' : `${memberName(chat, writer)} is writing…`;
}
