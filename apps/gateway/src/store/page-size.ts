import type { Message } from '@app/contracts/edge';

/** About how many bytes of JSON a page has at most, and a message beside its text. */
const PAGE_BYTES = 524_288;
const FRAME_BYTES = 600;

/** About how many bytes of JSON a reaction has. */
const REACTION_BYTES = 100;

/** Measures a page of history while it is read, piece by piece. */
export class PageSize {
  /** How many messages are read at once: what a page has that nobody made large. */
  static readonly step = 50;

  private bytes = 0;
  private count = 0;
  private full = false;

  /** Whether a message did not fit any more. */
  get isFull(): boolean {
    return this.full;
  }

  /** Those of the next messages, from the first one on, that still fit. The first one of a page always does. */
  fitting(messages: readonly Message[]): Message[] {
    const some: Message[] = [];
    for (const message of messages) {
      this.bytes += FRAME_BYTES + textBytes(message.text ?? '') + message.reactions.length * REACTION_BYTES;
      this.full = this.count > 0 && this.bytes > PAGE_BYTES;
      if (this.full) break;
      this.count++;
      some.push(message);
    }
    return some;
  }
}

/** About how long a text is as JSON in UTF-8: most control characters take six bytes. */
function textBytes(text: string): number {
  return CONTROL.test(text) ? Buffer.byteLength(JSON.stringify(text)) : Buffer.byteLength(text);
}

const CONTROL = /\p{Cc}/u;
