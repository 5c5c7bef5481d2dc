import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { Dialogs } from '../core/dialogs/dialogs';
import { Messenger } from '../core/messenger/messenger';
import { COMMON_WORDS } from '../core/wording/common-words';
import { dayAndTime } from '../core/wording/time-words';
import { Icon } from '../ui/icon';
import { saveFile } from '../ui/save-file';
import { ReceiptCard } from '../ui/receipt-card';
import { CHATS_PAGE_WORDS } from './words';

/**
 * Shown beside the list while no chat is open: the next steps, or the erasure receipt of a chat that was just deleted.
 */
@Component({
  selector: 'app-chats-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Icon, ReceiptCard],
  templateUrl: './chats-page.html',
  styleUrl: './chats-page.css',
})
export class ChatsPage {
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);
  readonly #dialogs = inject(Dialogs);

  /** Whether to open the join dialog, from the route. */
  readonly joining = input(false);
  /** The chat that was just deleted, from the address. */
  readonly erased = input<string>();

  protected readonly words = CHATS_PAGE_WORDS;
  protected readonly ready = this.#messenger.ready;
  protected readonly none = computed(() => this.#messenger.chats().length === 0);
  protected readonly receipt = computed(() => {
    const receipt = this.#messenger.receipts().get(this.erased() ?? '');
    if (!receipt) return null;
    return {
      ...receipt,
      keyDestroyed: dayAndTime(receipt.keyDestroyedAt),
      erased: dayAndTime(receipt.erasedAt),
    };
  });

  constructor() {
    effect(() => {
      if (this.joining()) untracked(() => void this.#openJoin());
    });
  }

  /** Saves the erasure receipt as the server returned it. */
  protected saveReceipt(): void {
    const receipt = this.#messenger.receipts().get(this.erased() ?? '');
    if (receipt) saveFile(`secure-chat-receipt-${receipt.chatId}.json`, [JSON.stringify(receipt, null, 2)]);
  }

  async #openJoin(): Promise<void> {
    const { JoinDialog } = await import('../features/join-chat/join-dialog');
    const chatId = await this.#dialogs.show<string>(JoinDialog, COMMON_WORDS.joinChat);
    if (chatId === undefined && this.#router.url === '/join') await this.#router.navigateByUrl('/chats');
  }
}
