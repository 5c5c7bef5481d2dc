import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { exactTime } from '../../core/wording/time-words';
import type { EventLine } from './rows';

/** Something that happened in a chat, between its messages, with the day above it where one begins. */
@Component({
  selector: 'app-event-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (row().day; as day) {
      <p class="day">
        <span>{{ day }}</span>
      </p>
    }
    <p class="line" dir="auto" [title]="exact(row().at)">{{ row().words }}</p>
  `,
  styleUrl: './day.css',
  styles: `
    :host {
      display: block;
      padding: var(--space-2) var(--space-4);
    }
    .line {
      color: var(--ink-soft);
      font-size: var(--text-s);
      text-align: center;
      overflow-wrap: anywhere;
    }
  `,
})
export class EventRow {
  readonly row = input.required<EventLine>();
  protected readonly exact = exactTime;
}
