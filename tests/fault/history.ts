import type { Message } from '@app/contracts/edge';

/** Something that a client did or was shown. */
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
  /** `client` tells the devices of a user apart: each sees every message by itself. */
  | { readonly kind: 'shown'; readonly client: string; readonly userId: string; readonly message: Message }
  /** A `message:new` as it came on a connection, before any client has sorted it. */
  | {
      readonly kind: 'heard';
      readonly connection: string;
      readonly userId: string;
      readonly message: Message;
    }
  /** A connection has sent a message without waiting for the answers to those before. */
  | {
      readonly kind: 'sent-unawaited';
      readonly connection: string;
      readonly chatId: string;
      readonly clientMessageId: string;
    }
  /** A page `?after=`; `begunAt` is where the history was when it was asked for. */
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
  /** Sealed bytes of an erased chat were found in a file of the data folder. */
  | { readonly kind: 'bytes-found'; readonly chatId: string; readonly file: string };

/** What every client did and saw, in the order in which it happened. */
export class History {
  readonly events: HistoryEvent[] = [];

  /** How many events there are: what happens later is at this place or behind it. */
  get now(): number {
    return this.events.length;
  }

  add(event: HistoryEvent): void {
    this.events.push(event);
  }

  /** How many events of a kind there are. */
  count(kind: HistoryEvent['kind']): number {
    return this.events.reduce((sum, event) => sum + (event.kind === kind ? 1 : 0), 0);
  }
}

/** What the store holds at the end: by chat id, ascending by seq. An erased chat has no entry. */
export type Store = ReadonlyMap<string, readonly Message[]>;
