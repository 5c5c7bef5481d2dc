import { DOCUMENT, inject, Injectable } from '@angular/core';
import { Router } from '@angular/router';
import type { Message } from '@app/contracts/edge';
import { Messenger } from '../messenger/messenger';
import { memberName, oneLine } from '../wording/chat-words';
import { COMMON_WORDS } from '../wording/common-words';
import { NOTICE_WORDS } from '../messenger/words';
import { Preferences } from './preferences';

/** Whether the browser can notify at all, and whether it may. */
export type NoticePermission = 'granted' | 'denied' | 'default' | 'missing';

/** Notifications and sounds for messages that come while nobody looks. */
@Injectable({ providedIn: 'root' })
export class MessageNotices {
  readonly #messenger = inject(Messenger);
  readonly #preferences = inject(Preferences);
  readonly #router = inject(Router);
  readonly #document = inject(DOCUMENT);
  #sounds: AudioContext | undefined;

  /** Begins to tell. */
  start(): void {
    this.#messenger.client.on('message', (message) => this.#told(message));
  }

  /** What the browser allows. */
  get permission(): NoticePermission {
    return 'Notification' in globalThis ? Notification.permission : 'missing';
  }

  /** Asks for the permission; only ever called on a click. */
  async ask(): Promise<NoticePermission> {
    return this.permission === 'missing' ? 'missing' : Notification.requestPermission();
  }

  #told(message: Message): void {
    if (message.senderId === this.#messenger.user()?.id || this.#document.hasFocus()) return;
    const { notify, sound } = this.#preferences.choices();
    if (notify && this.permission === 'granted') this.#notify(message);
    if (sound) this.#chime();
  }

  #notify(message: Message): void {
    const chat = this.#messenger.chats().find(({ id }) => id === message.chatId);
    const { notifyText } = this.#preferences.choices();
    const from = chat && notifyText ? memberName(chat, message.senderId) : COMMON_WORDS.product;
    const body = notifyText && message.text !== null ? oneLine(message.text) : NOTICE_WORDS.newMessage;
    // One notification per chat, also when several tabs tell of the same message.
    const notification = new Notification(from, { body, tag: message.chatId, silent: true });
    notification.onclick = (): void => {
      this.#document.defaultView?.focus();
      notification.close();
      if (chat) void this.#router.navigate(['/chats', chat.id]);
    };
  }

  /** Two soft tones, made here: no file to fetch. */
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
