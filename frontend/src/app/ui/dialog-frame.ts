import { ChangeDetectionStrategy, Component, type ElementRef, input, viewChild } from '@angular/core';

/** How a dialog is laid out: a heading, what it says, its buttons. */
@Component({
  selector: 'app-dialog-frame',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h2 #title tabindex="-1">{{ heading() }}</h2>
    <ng-content />
    <div class="actions"><ng-content select="[actions]" /></div>
  `,
  styles: `
    :host {
      display: grid;
      gap: var(--space-4);
    }
    h2 {
      font-size: var(--text-xl);
    }
    .actions:empty {
      display: none;
    }
  `,
})
export class DialogFrame {
  readonly heading = input.required<string>();
  private readonly title = viewChild.required<ElementRef<HTMLElement>>('title');

  /** Gives the focus to the heading: what the dialog was about before is done. */
  focusHeading(): void {
    this.title().nativeElement.focus();
  }
}
