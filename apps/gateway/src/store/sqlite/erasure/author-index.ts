import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { bytesToUuid } from '@app/crypto';
import { BatchSize, isDamaged, LOGGER, unavailable, WriteQueue, type SqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import { ChatStates, NOT_COUNTED, NOT_INDEXED } from '../messages/chat-state.js';

interface Head {
  readonly ref: number;
  readonly chat_id: Buffer;
  readonly live: number;
}

/**
 * Notes who wrote in the chats that an earlier version stored, so that an account's messages are found without a walk
 * over all chats. It runs once, after the start and in batches; each chat's row records whether it is done, so that
 * the next start goes on where the last process ended.
 */
@Injectable()
export class AuthorIndex implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly size = new BatchSize();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly queue: WriteQueue,
    private readonly states: ChatStates,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins in the background. */
  onApplicationBootstrap(): void {
    this.complete().catch((error: unknown) => {
      if (!this.stopped)
        this.logger.error({ err: error }, 'the authors of stored messages are not noted yet');
    });
  }

  /** Ends after the batch that is under way. */
  onModuleDestroy(): void {
    this.stopped = true;
  }

  /** Resolves when the authors of every chat are noted. After a failure the next call begins anew. */
  complete(): Promise<void> {
    this.running ??= this.run().catch((error: unknown) => {
      this.running = undefined;
      throw error;
    });
    return this.running;
  }

  private async run(): Promise<void> {
    let ref: number | undefined = 0;
    while (ref !== undefined) {
      if (this.stopped) throw unavailable();
      const after: number = ref;
      ref = await this.size.batch(this.queue, (db, most) => this.indexSome(db, after, most));
    }
  }

  private indexSome(db: SqliteHandle, after: number, most: number): number | undefined {
    const heads = db
      .prepare('SELECT ref, chat_id, live FROM heads WHERE ref > ? ORDER BY ref LIMIT ?')
      .all(after, most) as Head[];
    let left = most;
    for (const head of heads) {
      if (left-- <= 0) return head.ref - 1;
      if (head.live !== NOT_INDEXED) continue;
      // About as long as so many heads take.
      left -= 9;
      try {
        noteAuthors(db, head.ref);
      } catch (error) {
        if (!isDamaged(error)) throw error;
        this.logger.error({ err: error, chatId: bytesToUuid(head.chat_id) }, 'the message store is damaged');
        continue;
      }
      db.prepare('UPDATE heads SET live = ? WHERE ref = ?').run(NOT_COUNTED, head.ref);
      this.states.evict(bytesToUuid(head.chat_id));
    }
    return heads.length < most ? undefined : heads.at(-1)?.ref;
  }
}

/** Notes every sender of a chat who has no marks in it; each is one step in the index of senders. */
function noteAuthors(db: SqliteHandle, ref: number): void {
  const next = db
    .prepare('SELECT sender_id FROM messages WHERE ref = ? AND sender_id > ? ORDER BY ref, sender_id LIMIT 1')
    .pluck();
  const note = db.prepare(
    `INSERT OR IGNORE INTO former_authors (ref, user_id, own) SELECT ?, ?, -1
      WHERE NOT EXISTS (SELECT 1 FROM marks WHERE ref = ? AND user_id = ?)`,
  );
  for (let sender = next.get(ref, Buffer.alloc(0)); sender !== undefined; sender = next.get(ref, sender))
    note.run(ref, sender, ref, sender);
}
