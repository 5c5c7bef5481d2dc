import { inject, Injectable, signal } from '@angular/core';
import { Router } from '@angular/router';
import { PageFocus } from '../device/page-focus';
import { Dialogs } from './dialogs';
import { Messenger } from '../messenger/messenger';
import { otherMember, shownName } from '../wording/chat-words';
import { COMMON_WORDS } from '../wording/common-words';
import { CHAT_DIALOG_WORDS, CHAT_MENU_WORDS } from './words';

/** The dialogs of the chat menu. */
@Injectable({ providedIn: 'root' })
export class ChatDialogs {
  readonly #dialogs = inject(Dialogs);
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);
  readonly #focus = inject(PageFocus);

  readonly #searchAsked = signal<string | null>(null);
  /** The chat that is to be searched, until its page has opened the search. */
  readonly searchAsked = this.#searchAsked.asReadonly();

  /** Opens the search in a chat, on the chat's page. */
  async search(chatId: string): Promise<void> {
    this.#searchAsked.set(chatId);
    await this.#router.navigate(['/chats', chatId]);
  }

  /** The search has been opened. */
  searchOpened(): void {
    this.#searchAsked.set(null);
  }

  /** Saves the chat as a page that can be read without the server. */
  async export(chatId: string): Promise<void> {
    const { ExportDialog } = await import('../../features/conversation/export-dialog');
    await this.#dialogs.show(ExportDialog, CHAT_MENU_WORDS.export, { chatId });
  }

  /** Shows the chat key. */
  async showKey(chatId: string): Promise<void> {
    const { KeyDialog } = await import('./key-dialog');
    await this.#dialogs.show(KeyDialog, CHAT_DIALOG_WORDS.key, { chatId });
  }

  /** Renames the chat. */
  async rename(chatId: string, name: string): Promise<void> {
    const { RenameDialog } = await import('./rename-dialog');
    const data = { chatId, name, other: this.#other(chatId) };
    await this.#dialogs.show(RenameDialog, CHAT_DIALOG_WORDS.rename, data);
  }

  /** Leaves the chat, after confirmation. */
  async leave(chatId: string): Promise<void> {
    const other = this.#other(chatId);
    const left = await this.#dialogs.confirm({
      heading: CHAT_DIALOG_WORDS.leaveHeading,
      words: other === undefined ? [CHAT_DIALOG_WORDS.leaveLast] : CHAT_DIALOG_WORDS.leaveConsequences(other),
      label: CHAT_DIALOG_WORDS.leave,
      act: () => this.#messenger.leaveChat(chatId),
    });
    if (!left) return;
    await this.#router.navigateByUrl('/chats');
    this.#focus.say(CHAT_DIALOG_WORDS.left);
  }

  /** Deletes the chat for both, after confirmation, and shows the erasure receipt. */
  async erase(chatId: string): Promise<void> {
    const other = this.#other(chatId);
    const erased = await this.#dialogs.confirm({
      heading: CHAT_DIALOG_WORDS.deleteHeading,
      words:
        other === undefined ? [CHAT_DIALOG_WORDS.deleteAlone] : CHAT_DIALOG_WORDS.deleteConsequences(other),
      more: { heading: CHAT_DIALOG_WORDS.learnMore, words: CHAT_DIALOG_WORDS.copies },
      label: COMMON_WORDS.deleteForBoth,
      act: () => this.#messenger.deleteChat(chatId),
    });
    if (!erased) return;
    await this.#router.navigate(['/chats'], { queryParams: { erased: chatId } });
    this.#focus.say(CHAT_DIALOG_WORDS.erased);
  }

  /** Returns the name of the other member, or undefined if there is none. */
  #other(chatId: string): string | undefined {
    const chat = this.#messenger.chats().find(({ id }) => id === chatId);
    const other = chat && otherMember(chat, this.#messenger.user()?.id);
    return other && shownName(other.username);
  }
}
