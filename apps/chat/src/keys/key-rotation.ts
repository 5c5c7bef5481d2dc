import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { lookupIndex, MasterKeys, OpenError, unwrapChatKey, uuidToBytes, wrapChatKey } from '@app/crypto';
import { LOGGER, Scrubber, WriteQueue, type SqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { adoptMasterKeys } from './fit-master-keys.js';
import { LiveMasterKeys } from './live-master-keys.js';
import { readMasterKeys } from './master-key-file.js';

/** The injection token of the master key file's path. */
export const MASTER_KEY_FILE = Symbol('master key file');

/** How often the file is looked at, in milliseconds, and how many keys one transaction wraps anew. */
const LOOK_MS = 1_000;
const KEYS_PER_TURN = 200;

interface WrappedRow {
  readonly chat_id: string;
  readonly wrapped_key: Buffer;
}

/**
 * Moves every chat's key to the newest version in the master key file while the service runs. Each key changes
 * whole or not at all, joins look under every live version meanwhile, and a start goes on where the last process
 * ended. When no key needs an older version and the file is scrubbed, the store forgets the older version: its line
 * can be destroyed.
 */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private busy = false;
  private stopped = false;

  constructor(
    @Inject(MasterKeys) private readonly live: LiveMasterKeys,
    @Inject(MASTER_KEY_FILE) private readonly file: string,
    private readonly source: DataSource,
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins to look. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    void this.look();
  }

  /** Stops after the keys that are being wrapped. */
  onModuleDestroy(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.reload();
      await this.rewrap();
    } catch (error) {
      this.logger.error({ err: error }, 'the master key could not be rotated yet');
    } finally {
      this.busy = false;
    }
  }

  private async reload(): Promise<void> {
    const found = readMasterKeys(this.file);
    // A file that is away for a moment (another disk, an editor) ends nothing.
    if (!found || isSame(found, this.live)) return;
    await adoptMasterKeys(this.file, found, this.source, this.queue);
    this.live.replace(found);
    this.logger.info({ version: found.current.version }, 'the master key file has changed');
  }

  private async rewrap(): Promise<void> {
    const { version } = this.live.current;
    let after = '';
    let skipped = 0;
    for (let full = true; full && !this.stopped;) {
      const turn = await this.queue.transaction((db) => this.rewrapSome(db, after));
      after = turn.last;
      skipped += turn.skipped;
      ({ full } = turn);
    }
    const older = await this.queue.transaction((db) =>
      db.prepare('SELECT version FROM master_key_checks WHERE version < ?').all(version),
    );
    if (older.length === 0 || skipped > 0 || this.stopped) return;
    await this.scrubber.scrub();
    await this.queue.transaction((db) =>
      db.prepare('DELETE FROM master_key_checks WHERE version < ?').run(version),
    );
    this.logger.info(
      { version },
      'every chat key is wrapped by the newest master key; older ones can be destroyed',
    );
  }

  private rewrapSome(db: SqliteHandle, after: string): { last: string; full: boolean; skipped: number } {
    const { current } = this.live;
    const rows = db
      .prepare<[number, string, number], WrappedRow>(
        'SELECT chat_id, wrapped_key FROM chat_keys WHERE key_version <> ? AND chat_id > ? ORDER BY chat_id LIMIT ?',
      )
      .all(current.version, after, KEYS_PER_TURN);
    const update = db.prepare<[number, Buffer, Buffer, string]>(
      'UPDATE chat_keys SET key_version = ?, lookup = ?, wrapped_key = ? WHERE chat_id = ?',
    );
    let skipped = 0;
    for (const { chat_id: chatId, wrapped_key: wrapped } of rows) {
      const id = uuidToBytes(chatId);
      try {
        const chatKey = unwrapChatKey(wrapped, this.live, id);
        update.run(current.version, lookupIndex(chatKey, current), wrapChatKey(chatKey, current, id), chatId);
      } catch (error) {
        if (!(error instanceof OpenError)) throw error;
        skipped++;
        this.logger.warn({ chatId }, 'a stored chat key does not open and keeps its master key version');
      }
    }
    return { last: rows.at(-1)?.chat_id ?? after, full: rows.length === KEYS_PER_TURN, skipped };
  }
}

function isSame(a: MasterKeys, b: MasterKeys): boolean {
  return (
    a.versions.length === b.versions.length &&
    a.versions.every(({ version, check }) => b.get(version)?.check.equals(check))
  );
}
