import { effect, inject, Injectable, signal } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { type RouterStateSnapshot, TitleStrategy } from '@angular/router';
import { Messenger } from '../messenger/messenger';
import { COMMON_WORDS } from '../wording/common-words';

/**
 * Sets the page's title: unread messages, the kind of page, the product. Never a chat's name, because the browser
 * stores titles in its history and other programs show them.
 */
@Injectable({ providedIn: 'root' })
export class PageTitle extends TitleStrategy {
  readonly #messenger = inject(Messenger);
  readonly #subject = signal('');

  constructor() {
    super();
    const title = inject(Title);
    effect(() => {
      const unread = this.#messenger.unread();
      const subject = this.#subject();
      title.setTitle(
        `${unread > 0 ? `(${unread}) ` : ''}${subject === '' ? '' : `${subject} · `}${COMMON_WORDS.product}`,
      );
    });
  }

  override updateTitle(snapshot: RouterStateSnapshot): void {
    this.#subject.set(this.buildTitle(snapshot) ?? '');
  }
}
