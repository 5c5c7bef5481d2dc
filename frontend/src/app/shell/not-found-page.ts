import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Brand } from '../ui/brand';
import { NOT_FOUND_WORDS } from './words';

/** The page for an unknown address. */
@Component({
  selector: 'app-not-found-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Brand],
  template: `
    <main>
      <app-brand [size]="40" />
      <h1>{{ words.heading }}</h1>
      <p class="soft">{{ words.meaning }}</p>
      <a class="button filled" routerLink="/chats">{{ words.toChats }}</a>
    </main>
  `,
  styles: `
    main {
      display: grid;
      align-content: center;
      justify-items: center;
      gap: var(--space-4);
      min-height: 100dvh;
      padding: var(--space-5);
      text-align: center;
    }
  `,
})
export class NotFoundPage {
  protected readonly words = NOT_FOUND_WORDS;
}
