import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { CopyButton } from './copy-button';
import { Icon } from './icon';
import { QrCode } from './qr-code';
import { KEY_PANEL_WORDS } from './words';

/** A chat key in the forms in which it can be shared. */
@Component({
  selector: 'app-key-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton, Icon, QrCode],
  template: `
    <div class="copies">
      <app-copy-button [label]="words.copyLink" [text]="link()" [main]="!mayShare" />
      @if (mayShare) {
        <button class="button filled" type="button" (click)="share()">
          <app-icon name="share" [size]="18" />
          {{ words.share }}
        </button>
      }
    </div>
    <p class="hint">{{ words.linkHint }}</p>
    <div class="field">
      <label for="key-panel-key">{{ words.key }}</label>
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
      <p class="hint" id="key-panel-hint">{{ words.hint }}</p>
      <app-copy-button [label]="words.copyKey" [text]="key()" />
    </div>
    <div class="code">
      <div class="frame">
        @defer (on immediate) {
          <app-qr-code [label]="words.code" [text]="link()" />
        } @error {
          <p class="hint">{{ words.noCode }}</p>
        }
      </div>
      <p class="hint">{{ words.codeHint }}</p>
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
  protected readonly words = KEY_PANEL_WORDS;
  readonly key = input.required<string>();
  readonly link = input.required<string>();
  /** Whether the device can share a link with other programs, as phones do. */
  protected readonly mayShare = 'share' in navigator && matchMedia('(pointer: coarse)').matches;

  protected share(): void {
    // Share only the link: a title or text would appear in previews of other programs.
    navigator.share({ url: this.link() }).catch(() => undefined); // cancelled by the user, or not allowed
  }
}
