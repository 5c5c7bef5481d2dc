import { CdkContextMenuTrigger, CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import type { ConnectedPosition } from '@angular/cdk/overlay';
import { ChangeDetectionStrategy, Component, computed, input, output, viewChild } from '@angular/core';
import type { TimelineItem } from '@app/client';
import { clockTime, exactTime } from '../../core/wording/time-words';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { Icon, type IconName } from '../../ui/icon';
import { LongPress } from '../../ui/long-press';
import { type MessageLine, timeOf } from './rows';
import { MessageText } from './text/message-text';
import { MESSAGE_WORDS } from './words';

/** What can be done with a message. */
export type MessageAction = 'copy' | 'erase' | 'retry' | 'edit' | 'discard';

const STATE_ICONS = {
  sending: 'clock',
  failed: 'alert',
  stored: 'check',
  delivered: 'check-double',
  read: 'check-filled',
} as const satisfies Record<string, IconName>;

/** One message with what stands above it: the day, the line above what is new. */
@Component({
  selector: 'app-message-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkContextMenuTrigger, CdkMenu, CdkMenuItem, CdkMenuTrigger, Icon, LongPress, MessageText],
  templateUrl: './message-row.html',
  styleUrls: ['./day.css', './message-row.css'],
  host: {
    '[class.own]': 'row().item.own',
    '[class.opens]': 'row().opensGroup',
    '[class.closes]': 'row().closesGroup',
  },
})
export class MessageRow {
  readonly row = input.required<MessageLine>();
  /** Whether the state of an own message is told in a word that everybody sees. */
  readonly spelled = input(false);
  readonly action = output<MessageAction>();

  protected readonly words = MESSAGE_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly menuPosition: ConnectedPosition[] = [
    { originX: 'end', originY: 'bottom', overlayX: 'end', overlayY: 'top', offsetY: 4 },
    { originX: 'end', originY: 'top', overlayX: 'end', overlayY: 'bottom', offsetY: -4 },
    { originX: 'start', originY: 'bottom', overlayX: 'start', overlayY: 'top', offsetY: 4 },
  ];
  protected readonly item = computed<TimelineItem>(() => this.row().item);
  protected readonly note = computed(() => noteOf(this.row().item));
  protected readonly time = computed(() => timeOf(this.row().item));
  protected readonly clock = computed(() => (this.time() === '' ? '' : clockTime(this.time())));
  protected readonly exact = computed(() => (this.time() === '' ? '' : exactTime(this.time())));
  protected readonly id = computed(() => `exact-${this.row().key.replace(/[^\w-]/gu, '-')}`);
  /** Whether time and state are shown: on the last of what one person wrote in one go, and where something is amiss. */
  protected readonly showsMeta = computed(() => {
    const { closesGroup, item } = this.row();
    return closesGroup || item.state === 'sending' || item.state === 'failed';
  });
  protected readonly state = computed(() => {
    const { state } = this.row().item;
    return state === null
      ? null
      : { name: state, word: MESSAGE_WORDS.states[state], icon: STATE_ICONS[state] };
  });
  protected readonly failure = computed(() => {
    const { item } = this.row();
    return item.kind === 'pending' && item.state === 'failed' ? failureWords(item.message.error) : '';
  });
  protected readonly trigger = viewChild(CdkContextMenuTrigger);

  /** A right click or a long press opens the message's menu; what is selected, and a link, keep the browser's own. */
  protected pressed({ target }: Event): void {
    const trigger = this.trigger();
    if (!trigger) return;
    const isLink = target instanceof Element && target.closest('a') !== null;
    trigger.disabled = this.failure() !== '' || isLink || getSelection()?.isCollapsed === false;
  }
}

/** What stands in the place of a text that is not there. */
function noteOf(item: TimelineItem): string {
  if (item.kind === 'pending') return '';
  const { damaged, deletedAt, id } = item.message;
  if (damaged && id === null) return MESSAGE_WORDS.missing;
  if (damaged) return MESSAGE_WORDS.damaged;
  return deletedAt === null ? '' : MESSAGE_WORDS.deleted;
}
