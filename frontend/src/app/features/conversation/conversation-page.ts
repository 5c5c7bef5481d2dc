import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { Conversation } from './conversation';

/** The page of one chat. Each chat gets a conversation of its own: nothing of one is left in the next. */
@Component({
  selector: 'app-conversation-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Conversation],
  template: `
    @for (id of [chatId()]; track id) {
      <app-conversation [chatId]="id" />
    }
  `,
  styles: `
    :host {
      display: block;
      height: 100%;
    }
  `,
})
export class ConversationPage {
  /** From the address. */
  readonly chatId = input.required<string>();
}
