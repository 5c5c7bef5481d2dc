import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** The line drawings, on a 24 × 24 grid. */
const DRAWINGS = {
  alert: 'M12 8v5M12 16.5v.5M12 3.5 21.5 20h-19z',
  'arrow-down': 'M12 5v14M6 13l6 6 6-6',
  back: 'M20 12H5M11 6l-6 6 6 6',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10 21h4',
  check: 'M5 12.5 10 17.5 19.5 7',
  'check-double': 'M1.5 12.5 6.5 17.5 15.5 7.5M11 15.5l2 2L22.5 7.5',
  'check-filled': 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM10.4 17.2 5.6 12.4l1.8-1.8 3 3 6.2-6.2 1.8 1.8z',
  clock: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  database:
    'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  door: 'M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  key: 'M8 20a4 4 0 1 1 0-8 4 4 0 0 1 0 8zM11 13.2 20 4M16 8l3 3',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  leave: 'M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  more: 'M12 4.8v.4M12 11.8v.4M12 18.8v.4',
  pencil: 'M4 20l1-4L16.5 4.5l3 3L8 19zM14 7l3 3',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.5 2.7-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5c1.9.9 3 2.9 3 5.5',
  person: 'M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-4 3.3-6.5 7.5-6.5s7.5 2.5 7.5 6.5',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3l5.2 5.2',
  send: 'M4 12 20 4.5 15 20l-3.5-6.5zM11.5 13.5 20 4.5',
  share: 'M12 15V4M8 7.5 12 3.5l4 4M6 11.5H5V20h14v-8.5h-1',
  shield: 'M12 3l8 3v6c0 4.5-3.2 7.8-8 9-4.8-1.2-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  wifi: 'M3 9c5-4.7 13-4.7 18 0M6.5 13c3-2.8 8-2.8 11 0M10 16.7c1.2-1 2.8-1 4 0M12 20v.01',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof DRAWINGS;

/** A decorative icon beside a text, or in a button with an accessible name. */
@Component({
  selector: 'app-icon',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { 'aria-hidden': 'true' },
  template: `<svg [attr.width]="size()" [attr.height]="size()" [class]="name()" viewBox="0 0 24 24">
    <path [attr.d]="drawing()" />
  </svg>`,
  styles: `
    :host {
      display: inline-flex;
    }
    .more path {
      stroke-width: 3;
    }
    .check-filled path {
      fill: currentColor;
      fill-rule: evenodd;
      stroke: none;
    }
    path {
      fill: none;
      stroke: currentColor;
      stroke-width: 1.8;
      stroke-linecap: round;
      stroke-linejoin: round;
    }
  `,
})
export class Icon {
  readonly name = input.required<IconName>();
  /** In pixels. */
  readonly size = input(20);
  protected readonly drawing = computed(() => DRAWINGS[this.name()]);
}
