import { ChangeDetectionStrategy, Component, computed, effect, input, signal } from '@angular/core';
import { STRENGTH_WORDS } from './words';

/** Shows the strength of a new password. It only advises: the server decides which passwords are allowed. */
@Component({
  selector: 'app-password-strength',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { class: 'strength' },
  template: `
    @if (score() !== null) {
      <div class="bars" aria-hidden="true">
        @for (bar of bars; track bar) {
          <span [class.on]="bar <= (score() ?? 0)"></span>
        }
      </div>
    }
    <p class="hint" aria-live="polite">{{ words() }}</p>
  `,
  styles: `
    :host {
      display: grid;
      gap: var(--space-1);
    }
    .bars {
      display: grid;
      grid-template-columns: repeat(4, 1fr);
      gap: var(--space-1);
    }
    .bars span {
      height: 0.25rem;
      border: 1px solid var(--line-strong);
      border-radius: var(--radius-round);
    }
    .bars .on {
      background: var(--accent);
    }
    @media (forced-colors: active) {
      .bars .on {
        background: CanvasText;
      }
    }
  `,
})
export class PasswordStrength {
  readonly password = input.required<string>();
  /** What an attacker would try first: the username. */
  readonly username = input('');

  protected readonly bars = [1, 2, 3, 4] as const;
  protected readonly score = signal<0 | 1 | 2 | 3 | 4 | null>(null);
  protected readonly words = computed(() => {
    const score = this.score();
    return score === null ? '' : STRENGTH_WORDS[score];
  });

  constructor() {
    effect(() => void this.#judge(this.password(), this.username()));
  }

  async #judge(password: string, username: string): Promise<void> {
    if (password === '') {
      this.score.set(null);
      return;
    }
    try {
      const { estimate } = await import('./password-estimator');
      // The password may have changed while the estimator was loading.
      if (password === this.password()) this.score.set(estimate(password, username === '' ? [] : [username]));
    } catch {
      // It could not be loaded: no strength is shown.
      this.score.set(null);
    }
  }
}
