import type { Message } from '@app/contracts/edge';

/** An action or observation of a client. */
export type HistoryEvent =
  | { readonly kind: 'joined'; readonly userId: string; readonly chatId: string }
  | {
      readonly kind: 'send-begun';
      readonly userId: string;
      readonly chatId: string;
      readonly clientMessageId: string;
      readonly text: string;
    }
  | { readonly kind: 'acknowledged'; readonly userId: string; readonly message: Message }
  /** A client showed a message. A user may have several clients. */
  | { readonly kind: 'shown'; readonly client: string; readonly userId: string; readonly message: Message }
  /** A raw connection received `message:new`. */
  | {
      readonly kind: 'received';
      readonly connection: string;
      readonly userId: string;
      readonly message: Message;
    }
  /** A raw connection sent a message without waiting for the answers to earlier ones. */
  | {
      readonly kind: 'sent-pipelined';
      readonly connection: string;
      readonly chatId: string;
      readonly clientMessageId: string;
    }
  /** A page `?after=`. `begunAt` is the length of the history when it was requested. */
  | {
      readonly kind: 'page-read';
      readonly userId: string;
      readonly chatId: string;
      readonly after: number;
      readonly begunAt: number;
      readonly messages: readonly Message[];
      readonly hasMore: boolean;
    }
  | { readonly kind: 'message-delete-begun'; readonly chatId: string; readonly messageId: string }
  | { readonly kind: 'message-delete-answered'; readonly chatId: string; readonly messageId: string }
  | { readonly kind: 'chat-delete-begun'; readonly chatId: string }
  | { readonly kind: 'chat-delete-answered'; readonly chatId: string }
  /** A file of the data folder contains ciphertext of an erased chat. */
  | { readonly kind: 'bytes-found'; readonly chatId: string; readonly file: string };

/** The actions and observations of all clients, in their order in time. */
export class History {
  readonly events: HistoryEvent[] = [];

  /** The number of events, which is the position of the next one. */
  get now(): number {
    return this.events.length;
  }

  add(event: HistoryEvent): void {
    this.events.push(event);
  }

  /** Returns how many events of a kind there are. */
  count(kind: HistoryEvent['kind']): number {
    return this.events.reduce((sum, event) => sum + (event.kind === kind ? 1 : 0), 0);
  }
}

/** The stored messages at the end, by chat id and ascending by seq. An erased chat has no entry. */
export type Store = ReadonlyMap<string, readonly Message[]>;
