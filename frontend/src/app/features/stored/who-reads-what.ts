import { ChangeDetectionStrategy, Component } from '@angular/core';
import { READER_WORDS } from './words';

/** Who could read what. */
@Component({
  selector: 'app-who-reads-what',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>{{ words.heading }}</h2>
      <dl>
        @for (reader of words.readers; track reader.who) {
          <div>
            <dt>{{ reader.who }}</dt>
            <dd>{{ reader.reads }}</dd>
          </div>
        }
      </dl>
    </section>
  `,
  styles: `
    dl {
      display: grid;
      gap: var(--space-4);
    }
    div {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr));
      gap: var(--space-1) var(--space-4);
    }
    dt {
      font-weight: 600;
    }
  `,
})
export class WhoReadsWhat {
  protected readonly words = READER_WORDS;
}
