import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { MESSAGE_WORDS } from '../words';
import type { TextSpan } from './text-parts';

/** Pieces of a line: text, links, code, and what is marked, with the pieces in it. */
@Component({
  selector: 'app-formatted-spans',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @for (span of spans(); track $index) {
      @switch (span.kind) {
        @case ('strong') {
          <strong><app-formatted-spans [spans]="span.spans" /></strong>
        }
        @case ('emphasis') {
          <em><app-formatted-spans [spans]="span.spans" /></em>
        }
        @case ('strike') {
          <s><app-formatted-spans [spans]="span.spans" /></s>
        }
        @case ('code') {
          <code dir="ltr" [textContent]="span.text"></code>
        }
        @default {
          @if (span.href) {
            <a
              dir="ltr"
              [href]="span.href"
              target="_blank"
              rel="noopener noreferrer nofollow"
              [textContent]="span.text"
            ></a>
            @if (span.host; as host) {
              <bdi class="host"> {{ words.opens(host) }}</bdi>
            }
          } @else {
            <span [textContent]="span.text"></span>
          }
        }
      }
    }
  `,
  styles: `
    :host {
      display: contents;
    }
    a {
      unicode-bidi: isolate;
    }
    .host {
      font-size: var(--text-s);
    }
    code {
      padding: 0.1em 0.3em;
      border-radius: 0.3em;
      background: var(--code);
      -webkit-box-decoration-break: clone;
      box-decoration-break: clone;
    }
    @media (forced-colors: active) {
      code {
        outline: 1px solid;
        outline-offset: -1px;
      }
    }
  `,
})
export class FormattedSpans {
  readonly spans = input.required<readonly TextSpan[]>();
  protected readonly words = MESSAGE_WORDS;
}
