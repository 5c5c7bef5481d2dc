import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Icon } from './icon';
import { UI_WORDS } from './words';

/** The header of a page that is neither the list nor a conversation: its title and the back link. */
@Component({
  selector: 'app-page-head',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Icon],
  template: `
    <a class="button icon-only" [routerLink]="back()" [attr.aria-label]="backLabel()"
      ><app-icon name="back"
    /></a>
    <h1>{{ heading() }}</h1>
  `,
  styles: `
    :host {
      position: sticky;
      z-index: 1;
      top: 0;
      display: flex;
      align-items: center;
      gap: var(--space-2);
      min-height: 4.25rem;
      padding: var(--space-2) var(--space-3);
      border-bottom: 1px solid var(--line);
      background: var(--surface);
    }
    h1 {
      font-size: var(--text-l);
    }
  `,
})
export class PageHead {
  readonly heading = input.required<string>();
  /** The target of the back link, and its label. */
  readonly back = input<readonly string[] | string>('/chats');
  readonly backLabel = input<string>(UI_WORDS.backToChats);
}
