import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import type { ConnectedPosition } from '@angular/cdk/overlay';
import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ActivatedRoute, type Data, NavigationEnd, Router, RouterLink, RouterOutlet } from '@angular/router';
import { filter, map } from 'rxjs';
import { Dialogs } from '../core/dialogs/dialogs';
import { Messenger } from '../core/messenger/messenger';
import { SessionStore } from '../core/session/session-store';
import { COMMON_WORDS } from '../core/wording/common-words';
import { ChatList } from '../features/chat-list/chat-list';
import { Avatar } from '../ui/avatar';
import { Brand } from '../ui/brand';
import { Icon } from '../ui/icon';
import { SHELL_WORDS } from './words';

/** The frame around all pages of a signed-in user: chats, connection, account; beside them the page. */
@Component({
  selector: 'app-shell',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, RouterOutlet, CdkMenu, CdkMenuItem, CdkMenuTrigger, Avatar, Brand, ChatList, Icon],
  templateUrl: './shell.html',
  styleUrl: './shell.css',
  host: { '(document:keydown)': 'pressed($event)' },
})
export class Shell {
  readonly #messenger = inject(Messenger);
  readonly #session = inject(SessionStore);
  readonly #router = inject(Router);
  readonly #dialogs = inject(Dialogs);
  readonly #route = inject(ActivatedRoute);

  protected readonly words = SHELL_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly username = computed(() => this.#messenger.user()?.username ?? '');
  protected readonly status = computed(() => SHELL_WORDS.status[this.#messenger.state()]);
  protected readonly trouble = computed(() => this.#messenger.state() !== 'connected');
  /** Whether the page is the list: a phone then shows only the list. */
  protected readonly list = computed(() => this.#shown()['list'] === true);
  /** Whether the page is a conversation: on a phone only its banner shows the state of the connection. */
  protected readonly conversation = computed(() => this.#shown()['conversation'] === true);
  readonly #shown = toSignal(
    this.#router.events.pipe(
      filter((event) => event instanceof NavigationEnd),
      map(() => this.#routeData()),
    ),
    { initialValue: this.#routeData() },
  );
  readonly #erased = toSignal(this.#route.queryParamMap.pipe(map((params) => params.get('erased') ?? '')));
  /** Whether the page shows an erasure receipt: a phone has no room for the list below it. */
  protected readonly receipt = computed(() => this.#messenger.receipts().has(this.#erased() ?? ''));
  /** Whether there is no chat: then a phone has room for the first steps. */
  protected readonly empty = computed(() => this.#messenger.ready() && this.#messenger.chats().length === 0);
  protected readonly menuPosition: ConnectedPosition[] = [
    { originX: 'end', originY: 'top', overlayX: 'end', overlayY: 'bottom', offsetY: -4 },
    { originX: 'end', originY: 'bottom', overlayX: 'end', overlayY: 'top', offsetY: 4 },
  ];

  protected async newChat(): Promise<void> {
    const { NewChatDialog } = await import('../features/chat-list/new-chat-dialog');
    await this.#dialogs.show(NewChatDialog, COMMON_WORDS.newChat);
  }

  protected async joinChat(): Promise<void> {
    const { JoinDialog } = await import('../features/join-chat/join-dialog');
    await this.#dialogs.show(JoinDialog, COMMON_WORDS.joinChat);
  }

  protected async showShortcuts(): Promise<void> {
    const { ShortcutsDialog } = await import('./shortcuts-dialog');
    // Its only button is at the end: with the focus there, a small screen would show the end first.
    await this.#dialogs.show(ShortcutsDialog, COMMON_WORDS.shortcuts, undefined, 'dialog');
  }

  protected go(url: string): void {
    void this.#router.navigateByUrl(url);
  }

  protected async signOut(): Promise<void> {
    const unsent = this.#messenger.unsent();
    const asked = unsent.messages + unsent.drafts > 0;
    if (!asked || (await this.#confirmLoss(unsent))) await this.#session.signOut();
  }

  #confirmLoss(unsent: { readonly messages: number; readonly drafts: number }): Promise<boolean> {
    return this.#dialogs.confirm({
      heading: SHELL_WORDS.signOutHeading,
      words: [SHELL_WORDS.unsent(unsent)],
      label: SHELL_WORDS.signOut,
      act: () => Promise.resolve(),
    });
  }

  protected pressed(event: KeyboardEvent): void {
    if (this.#dialogs.open) return;
    if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      this.#step(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === '?' && !writes(event.target)) {
      event.preventDefault();
      void this.showShortcuts();
    }
  }

  #step(by: 1 | -1): void {
    const chats = this.#messenger.chats();
    const at = chats.findIndex(({ id }) => this.#router.url.startsWith(`/chats/${id}`));
    const next = at === -1 ? chats.at(by === 1 ? 0 : -1) : chats[at + by];
    if (next) this.go(`/chats/${next.id}`);
  }

  /** The data of the current page in shell.routes.ts. */
  #routeData(): Data {
    let route = this.#route.snapshot;
    while (route?.firstChild) route = route.firstChild;
    return route?.data ?? {};
  }
}

/** Whether an element takes text from the keyboard. */
function writes(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName))
  );
}
