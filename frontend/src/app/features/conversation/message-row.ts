import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import type { ConnectedPosition } from '@angular/cdk/overlay';
import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import type { TimelineItem } from '@app/client';
import { clockTime, exactTime } from '../../core/wording/time-words';
import { failureWords } from '../../core/wording/failure-words';
import { Icon, type IconName } from '../../ui/icon';
import { linkParts } from './link-parts';
import { type Row, timeOf } from './rows';

/** What can be done with a message. */
export type MessageAction = 'copy' | 'erase' | 'retry' | 'discard';

const STATES = {
  sending: { word: 'Sending', icon: 'clock' },
  failed: { word: 'Failed', icon: 'alert' },
  stored: { word: 'Stored', icon: 'check' },
  delivered: { word: 'Delivered', icon: 'check-double' },
  read: { word: 'Read', icon: 'check-double' },
} as const satisfies Record<string, { word: string; icon: IconName }>;

/** One message with what stands above it: the day, the line above what is new. */
@Component({
  selector: 'app-message-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkMenu, CdkMenuItem, CdkMenuTrigger, Icon],
  templateUrl: './message-row.html',
  styleUrl: './message-row.css',
  host: {
    '[class.own]': 'row().item.own',
    '[class.opens]': 'row().opensGroup',
    '[class.closes]': 'row().closesGroup',
  },
})
export class MessageRow {
  readonly row = input.required<Row>();
  /** Whether the state of an own message is told in a word that everybody sees. */
  readonly spelled = input(false);
  readonly action = output<MessageAction>();

  protected readonly menuPosition: ConnectedPosition[] = [
    { originX: 'end', originY: 'bottom', overlayX: 'end', overlayY: 'top', offsetY: 4 },
    { originX: 'end', originY: 'top', overlayX: 'end', overlayY: 'bottom', offsetY: -4 },
    { originX: 'start', originY: 'bottom', overlayX: 'start', overlayY: 'top', offsetY: 4 },
  ];
  protected readonly item = computed<TimelineItem>(() => this.row().item);
  protected readonly note = computed(() => noteOf(this.row().item));
  protected readonly parts = computed(() => linkParts(this.row().item.message.text ?? ''));
  protected readonly time = computed(() => timeOf(this.row().item));
  protected readonly clock = computed(() => (this.time() === '' ? '' : clockTime(this.time())));
  protected readonly exact = computed(() => (this.time() === '' ? '' : exactTime(this.time())));
  protected readonly id = computed(() => `exact-${this.row().key.replace(/[^\w-]/gu, '-')}`);
  protected readonly state = computed(() => {
    const { state } = this.row().item;
    return state === null ? null : { name: state, ...STATES[state] };
  });
  protected readonly failure = computed(() => {
    const { item } = this.row();
    return item.kind === 'pending' && item.state === 'failed' ? failureWords(item.message.error) : '';
  });
}

/** What stands in the place of a text that is not there. */
function noteOf(item: TimelineItem): string {
  if (item.kind === 'pending') return '';
  const { damaged, deletedAt, id } = item.message;
  if (damaged && id === null) return 'A message is missing here: the server has lost what was stored of it.';
  if (damaged) return 'This message cannot be read: what is stored of it was changed or damaged.';
  return deletedAt === null ? '' : 'This message was deleted.';
}
