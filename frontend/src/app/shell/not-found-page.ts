import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Brand } from '../ui/brand';

/** An address that leads nowhere. */
@Component({
  selector: 'app-not-found-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Brand],
  template: `
    <main>
      <app-brand [size]="40" />
      <h1>There is nothing at this address</h1>
      <p class="soft">The link may be mistyped or out of date.</p>
      <a class="button filled" routerLink="/chats">Go to your chats</a>
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
export class NotFoundPage {}
