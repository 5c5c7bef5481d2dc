import { DOCUMENT, effect, inject, Injectable } from '@angular/core';
import { Router } from '@angular/router';
import type { Chat, Message } from '@app/contracts/edge';
import { Messenger } from '../messenger/messenger';
import { memberName, oneLine } from '../wording/chat-words';
import { COMMON_WORDS } from '../wording/common-words';
import { NOTICE_WORDS } from '../messenger/words';
import { Preferences } from './preferences';
import { TabAttention } from './tab-attention';

/** Whether the browser supports notifications, and whether they are allowed. */
export type NoticePermission = 'granted' | 'denied' | 'default' | 'missing';

/** A shown notification and its message. */
interface Shown {
  readonly notification: Notification;
  readonly messageId: string | null;
  readonly seq: number;
}

/** Notifications and sounds for messages that arrive while no tab has the focus; outdated notifications are closed. */
@Injectable({ providedIn: 'root' })
export class MessageNotices {
  readonly #messenger = inject(Messenger);
  readonly #preferences = inject(Preferences);
  readonly #router = inject(Router);
  readonly #document = inject(DOCUMENT);
  readonly #tabs = new TabAttention(() => this.#document.hasFocus());
  /** By chat id. */
  readonly #shown = new Map<string, Shown>();
  #sounds: AudioContext | undefined;

  constructor() {
    effect(() => {
      const chats = new Map(this.#messenger.chats().map((chat) => [chat.id, chat]));
      for (const [chatId, { seq }] of this.#shown) {
        const chat = chats.get(chatId);
        if (!chat || chat.readSeq >= seq) this.#withdraw(chatId);
      }
    });
  }

  /** Starts to notify. */
  start(): void {
    const { client } = this.#messenger;
    client.on('message', (message) => void this.#arrived(message));
    client.on('message-deleted', ({ chatId, id }) => {
      if (this.#shown.get(chatId)?.messageId === id) this.#withdraw(chatId);
    });
  }

  /** The permission of the browser. */
  get permission(): NoticePermission {
    return 'Notification' in globalThis ? Notification.permission : 'missing';
  }

  /**
   * Requests the permission, and turns notifications on if it is granted; call only on a click.
   * @returns whether it was granted
   */
  async turnOn(): Promise<boolean> {
    const allowed = this.permission !== 'missing' && (await Notification.requestPermission()) === 'granted';
    this.#preferences.choose({ notify: allowed });
    return allowed;
  }

  async #arrived(message: Message): Promise<void> {
    if (message.senderId === this.#messenger.user()?.id || this.#document.hasFocus()) return;
    const { notify, sound } = this.#preferences.choices();
    if ((!notify && !sound) || !(await this.#tabs.falls(`${message.chatId}.${message.seq}`))) return;
    const chat = this.#messenger.chats().find(({ id }) => id === message.chatId);
    // Read or deleted meanwhile.
    if (!chat || chat.readSeq >= message.seq || this.#isDeleted(message, chat)) return;
    if (notify && this.permission === 'granted') this.#notify(message, chat);
    if (sound) this.#chime();
  }

  #isDeleted({ seq }: Message, { lastMessage }: Chat): boolean {
    return lastMessage?.seq === seq && lastMessage.deletedAt !== null;
  }

  #notify(message: Message, chat: Chat): void {
    const { notifyText } = this.#preferences.choices();
    const from = notifyText ? memberName(chat, message.senderId) : COMMON_WORDS.product;
    const body = notifyText && message.text !== null ? oneLine(message.text) : NOTICE_WORDS.newMessage;
    const notification = newNotification(from, { body, tag: chat.id, silent: true });
    if (!notification) return;
    this.#shown.set(chat.id, { notification, messageId: message.id, seq: message.seq });
    notification.onclick = (): void => {
      this.#document.defaultView?.focus();
      this.#withdraw(chat.id);
      void this.#router.navigate(['/chats', chat.id]);
    };
  }

  #withdraw(chatId: string): void {
    this.#shown.get(chatId)?.notification.close();
    this.#shown.delete(chatId);
  }

  /** Plays two soft tones; they are generated, so there is no file to fetch. */
  #chime(): void {
    this.#sounds ??= new AudioContext();
    const { currentTime: now, destination } = this.#sounds;
    for (const [index, frequency] of [660, 880].entries()) {
      const tone = new OscillatorNode(this.#sounds, { frequency });
      const volume = new GainNode(this.#sounds, { gain: 0.06 });
      volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.25 + index * 0.1);
      tone.connect(volume).connect(destination);
      tone.start(now + index * 0.1);
      tone.stop(now + 0.3 + index * 0.1);
    }
  }
}

/** Browsers on phones have the permission but not this constructor: there, only a service worker can notify. */
function newNotification(title: string, options: NotificationOptions): Notification | null {
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
}
