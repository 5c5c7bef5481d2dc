import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Message, StoredChat } from '@app/contracts/edge';
import { LIMITS } from '@app/contracts/edge';
import { Messenger } from '../../core/messenger/messenger';
import { CHAT_WORDS, chatTitle } from '../../core/wording/chat-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { dayAndTime } from '../../core/wording/time-words';
import { Icon } from '../../ui/icon';
import { PageHead } from '../../ui/page-head';
import { ReceiptCard } from '../../ui/receipt-card';
import { byteParts } from './sealed-bytes';
import { WhoReadsWhat } from './who-reads-what';
import { STORED_WORDS } from './words';

/** The stored bytes of a chat; after its deletion, the erasure receipt. */
@Component({
  selector: 'app-stored-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Icon, PageHead, ReceiptCard, WhoReadsWhat],
  templateUrl: './stored-page.html',
  styleUrl: './stored-page.css',
})
export class StoredPage {
  readonly #messenger = inject(Messenger);

  /** The chat id, from the address. */
  readonly chatId = input.required<string>();

  protected readonly words = STORED_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly error = signal('');
  readonly #stored = signal<StoredChat | null>(null);
  readonly #messages = signal<readonly Message[]>([]);
  readonly #chat = this.#messenger.chat(this.chatId);

  protected readonly name = computed(() => {
    const chat = this.#chat();
    return chat ? chatTitle(chat, this.#messenger.user()?.id) : '';
  });
  protected readonly receipt = computed(() => {
    const receipt = this.#messenger.receipts().get(this.chatId());
    return receipt
      ? { ...receipt, keyDestroyed: dayAndTime(receipt.keyDestroyedAt), erased: dayAndTime(receipt.erasedAt) }
      : null;
  });
  protected readonly key = computed(() => this.#stored()?.key ?? null);
  protected readonly messages = computed(() => {
    const texts = new Map(this.#messages().map((message) => [message.seq, message]));
    return (this.#stored()?.messages ?? [])
      .map((stored) => ({
        seq: stored.seq,
        file: stored.file,
        reads: readable(texts.get(stored.seq)),
        parts: byteParts(stored),
      }))
      .toReversed();
  });

  constructor() {
    effect(() => {
      const chatId = this.chatId();
      if (this.receipt() === null) untracked(() => void this.#load(chatId));
    });
  }

  protected reload(): void {
    void this.#load(this.chatId());
  }

  async #load(chatId: string): Promise<void> {
    const { api } = this.#messenger.client;
    this.error.set('');
    try {
      const [stored, page] = await Promise.all([
        api.storedChat(chatId),
        api.messages(chatId, { limit: LIMITS.storedMessages }),
      ]);
      if (chatId !== this.chatId()) return;
      this.#stored.set(stored);
      this.#messages.set(page.messages);
    } catch (error) {
      this.#stored.set(null);
      this.error.set(failureWords(error));
    }
  }
}

function readable(message: Message | undefined): string {
  if (!message || message.damaged) return CHAT_WORDS.unreadable;
  return message.text ?? STORED_WORDS.tombstone;
}
