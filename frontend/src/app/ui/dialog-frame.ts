import { ChangeDetectionStrategy, Component, type ElementRef, input, viewChild } from '@angular/core';

/** The layout of a dialog: heading, content, buttons. */
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

  /** Moves the focus to the heading, when the content of the dialog changes. */
  focusHeading(): void {
    this.title().nativeElement.focus();
  }
}
