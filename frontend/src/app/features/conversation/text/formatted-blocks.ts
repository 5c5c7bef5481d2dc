import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { CodeLines } from './code-lines';
import { FormattedSpans } from './formatted-spans';
import type { TextBlock } from './text-parts';

/** The parts of a message that have lines of their own. */
@Component({
  selector: 'app-formatted-blocks',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CodeLines, FormattedSpans],
  templateUrl: './formatted-blocks.html',
  styleUrl: './formatted-blocks.css',
})
export class FormattedBlocks {
  readonly blocks = input.required<readonly TextBlock[]>();
}
