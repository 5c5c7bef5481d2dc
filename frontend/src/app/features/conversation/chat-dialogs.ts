import { inject, Injectable } from '@angular/core';
import { Router } from '@angular/router';
import { Dialogs } from '../../core/dialogs/dialogs';
import { Messenger } from '../../core/messenger/messenger';

/** The dialogs that a chat's menu opens. */
@Injectable()
export class ChatDialogs {
  readonly #dialogs = inject(Dialogs);
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);

  /** Shows the key to hand on. */
  async showKey(chatId: string): Promise<void> {
    const { KeyDialog } = await import('./key-dialog');
    await this.#dialogs.show(KeyDialog, 'The key of this chat', { chatId });
  }

  /** Gives the chat another name. */
  async rename(chatId: string, name: string): Promise<void> {
    const { RenameDialog } = await import('./rename-dialog');
    await this.#dialogs.show(RenameDialog, 'Rename this chat', { chatId, name });
  }

  /** Leaves the chat, after asking. */
  async leave(chatId: string, alone: boolean): Promise<void> {
    const left = await this.#dialogs.confirm({
      heading: 'Leave this chat?',
      words: alone
        ? [
            'You are the last one in it: when you leave, the chat is deleted for good, its key and all its messages.',
          ]
        : [
            'You cannot read or write in it any more. What you wrote stays with the other person.',
            'To come back you need the key, and the chat must still have room.',
          ],
      label: 'Leave',
      act: () => this.#messenger.client.leaveChat(chatId),
    });
    if (left) await this.#router.navigateByUrl('/chats');
  }

  /** Erases the chat for both, after asking, and shows the receipt. */
  async erase(chatId: string): Promise<void> {
    const erased = await this.#dialogs.confirm({
      heading: 'Delete this chat for both of you?',
      words: [
        'The server destroys its key and erases every message, yours and theirs. Nothing can be brought back; only someone who kept an older copy of the key store together with its master key could still read an older copy of the messages.',
        'The other person loses the chat at once, too.',
      ],
      label: 'Delete for both',
      act: () => this.#messenger.deleteChat(chatId),
    });
    if (erased) await this.#router.navigate(['/chats'], { queryParams: { erased: chatId } });
  }
}
