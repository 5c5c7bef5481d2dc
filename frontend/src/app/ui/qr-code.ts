import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { encode } from 'uqr';

/** A QR code. It is drawn in the browser, so its content is not sent to a server. */
@Component({
  selector: 'app-qr-code',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg role="img" [attr.aria-label]="label()" [attr.viewBox]="box()" shape-rendering="crispEdges">
      <rect width="100%" height="100%" fill="#fff" />
      <path [attr.d]="dark()" fill="#101412" />
    </svg>
  `,
  styles: `
    :host {
      display: block;
      forced-color-adjust: none;
    }
    svg {
      width: 100%;
      height: auto;
      border-radius: var(--radius-s);
    }
  `,
})
export class QrCode {
  readonly text = input.required<string>();
  /** The accessible name. */
  readonly label = input.required<string>();
  readonly #code = computed(() => encode(this.text(), { ecc: 'M', border: 3 }));
  protected readonly box = computed(() => `0 0 ${this.#code().size} ${this.#code().size}`);
  protected readonly dark = computed(() =>
    this.#code()
      .data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
      .join(''),
  );
}
