import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { CopyButton } from './copy-button';
import { QrCode } from './qr-code';

/** A chat's key in the forms in which it can be handed on. */
@Component({
  selector: 'app-key-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton, QrCode],
  template: `
    <div class="field">
      <label for="key-panel-key">Chat key</label>
      <textarea
        #box
        id="key-panel-key"
        class="input key"
        rows="2"
        readonly
        spellcheck="false"
        aria-describedby="key-panel-hint"
        [value]="key()"
        (focus)="box.select()"
      ></textarea>
      <p class="hint" id="key-panel-hint">
        Whoever has it can join, as long as there is room. Hand it over in a way you trust.
      </p>
    </div>
    <div class="copies">
      <app-copy-button label="Copy key" [text]="key()" />
      <app-copy-button label="Copy link" [text]="link()" />
    </div>
    <div class="code">
      <div class="frame">
        @defer (on immediate) {
          <app-qr-code label="QR code of the invite link" [text]="link()" />
        } @error {
          <p class="hint">The code could not be loaded. The link does the same.</p>
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
    .key {
      resize: none;
      field-sizing: content;
      font-family: var(--font-mono);
      overflow-wrap: anywhere;
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
