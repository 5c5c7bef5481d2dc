import { effect, inject, Injectable, signal } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { type RouterStateSnapshot, TitleStrategy } from '@angular/router';
import { Messenger } from '../messenger/messenger';

/** The page's title: unread messages, what the page is about, the product. */
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
        `${unread > 0 ? `(${unread}) ` : ''}${subject === '' ? '' : `${subject} · `}Secure Chat`,
      );
    });
  }

  override updateTitle(snapshot: RouterStateSnapshot): void {
    this.#subject.set(this.buildTitle(snapshot) ?? '');
  }

  /** Says what the page is about, when its route cannot know: until the next navigation. */
  show(subject: string): void {
    this.#subject.set(subject);
  }
}
