import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { SearchHit } from '@app/client/long-reading';
import { dayAndTime } from '../../core/wording/time-words';
import { excerptOf } from './search-excerpt';

/** One message that a search has found: who wrote it, when, and the text around what was searched for. */
@Component({
  selector: 'app-search-hit',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span class="top">
      <bdi class="sender">{{ sender() }}</bdi>
      @if (hit().message.sentAt; as at) {
        <time [attr.datetime]="at">{{ when(at) }}</time>
      }
    </span>
    <span class="text" dir="auto" [class.before]="excerpt().cutBefore" [class.after]="excerpt().cutAfter">
      @for (part of excerpt().parts; track $index) {
        @if (part.marked) {
          <mark [textContent]="part.text"></mark>
        } @else {
          <span [textContent]="part.text"></span>
        }
      }
    </span>
  `,
  styles: `
    :host {
      display: grid;
      gap: var(--space-1);
      min-width: 0;
    }
    .top {
      display: flex;
      justify-content: space-between;
      gap: var(--space-3);
      color: var(--ink-soft);
      font-size: var(--text-xs);
    }
    .sender {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
      font-weight: 600;
    }
    time {
      flex: none;
    }
    .text {
      display: -webkit-box;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 4;
      line-clamp: 4;
      overflow: hidden;
      white-space: pre-wrap;
      overflow-wrap: anywhere;
      unicode-bidi: plaintext;
    }
    .before::before,
    .after::after {
      content: '…';
    }
    mark {
      border-radius: 2px;
      background: var(--warn-soft);
      box-shadow: 0 0 0 1px var(--warn-ink);
      color: var(--ink);
    }
    @media (forced-colors: active) {
      mark {
        background: Mark;
        color: MarkText;
      }
    }
  `,
})
export class SearchHitView {
  readonly hit = input.required<SearchHit>();
  /** What the sender is called. */
  readonly sender = input.required<string>();
  protected readonly excerpt = computed(() => excerptOf(this.hit().text, this.hit().ranges));
  protected readonly when = dayAndTime;
}
