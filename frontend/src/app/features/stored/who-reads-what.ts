import { ChangeDetectionStrategy, Component } from '@angular/core';

const READERS: readonly { readonly who: string; readonly reads: string }[] = [
  {
    who: 'Someone with a copy of the message database',
    reads: 'Nothing of the text. Sizes, times, and which account wrote.',
  },
  {
    who: 'Someone with a copy of the key database',
    reads: 'Nothing of the text: it holds no messages, and its keys are wrapped.',
  },
  {
    who: 'Someone with both, but not the master key',
    reads: 'Nothing of the text. Who talks with whom, and when.',
  },
  { who: 'Someone with both and the master key', reads: 'Everything that is not deleted.' },
  { who: 'Someone who listens between the services', reads: 'No text: none crosses that bus.' },
  {
    who: 'Whoever controls the running server',
    reads: 'What is read and written while they control it. Talk on a server of someone you trust.',
  },
];

/** Who could read what, without prettifying. */
@Component({
  selector: 'app-who-reads-what',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card stack">
      <h2>Who could read what</h2>
      <dl>
        @for (reader of readers; track reader.who) {
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
  protected readonly readers = READERS;
}
