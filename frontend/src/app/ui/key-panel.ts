import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { CopyButton } from './copy-button';
import { Field } from './field';
import { QrCode } from './qr-code';

/** A chat's key in the forms in which it can be handed on. */
@Component({
  selector: 'app-key-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton, Field, QrCode],
  template: `
    <app-field
      label="Chat key"
      name="chat-key"
      hint="Whoever has it can join, as long as there is room. Hand it over in a way you trust."
      [plain]="true"
      [mono]="true"
      [readonly]="true"
      [value]="key()"
    />
    <div class="copies">
      <app-copy-button label="Copy key" [text]="key()" />
      <app-copy-button label="Copy link" [text]="link()" />
    </div>
    <div class="code">
      <div class="frame">
        @defer (on immediate) {
          <app-qr-code label="QR code of the invite link" [text]="link()" />
        }
      </div>
      <p class="hint">Or let the other person scan this code with a phone: it opens the invite link.</p>
    </div>
  `,
  styles: `
    :host {
      display: grid;
      gap: var(--space-4);
    }
    .copies {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr));
      gap: var(--space-2);
    }
    .code {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: var(--space-4);
    }
    .frame {
      width: 9.5rem;
      aspect-ratio: 1;
      border-radius: var(--radius-s);
      background: #fff;
    }
    .code .hint {
      flex: 1 1 9rem;
    }
  `,
})
export class KeyPanel {
  readonly key = input.required<string>();
  readonly link = input.required<string>();
}
