import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { lookupIndex, MasterKeys, OpenError, unwrapChatKey, uuidToBytes, wrapChatKey } from '@app/crypto';
import { BatchSize, LOGGER, Scrubber, WriteQueue, type SqliteHandle } from '@app/platform';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { adoptMasterKeys } from './fit-master-keys.js';
import { LiveMasterKeys } from './live-master-keys.js';
import { readMasterKeys, syncMasterKeyFile } from './master-key-file.js';

/** The injection token of the master key file's path. */
export const MASTER_KEY_FILE = Symbol('master key file');

/** How often the file is looked at, in milliseconds. */
const LOOK_MS = 1_000;

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
  private readonly size = new BatchSize();

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
    // The store remembers every version that wraps a key: without an older one, no key has to be looked at.
    if ((await this.olderVersions(version)) === 0) return;
    let after = '';
    let skipped = 0;
    for (let full = true; full && !this.stopped;) {
      const some = await this.size.batch(this.queue, (db, rows) => this.rewrapSome(db, after, rows));
      after = some.last;
      skipped += some.skipped;
      ({ full } = some);
    }
    if (skipped > 0 || this.stopped) return;
    await this.scrubber.scrub();
    this.requireDurable();
    await this.queue.transaction((db) =>
      db.prepare('DELETE FROM master_key_checks WHERE version < ?').run(version),
    );
    this.logger.info(
      { version },
      'every chat key is wrapped by the newest master key; older ones can be destroyed',
    );
  }

  /** How many versions before the current one the store remembers. */
  private olderVersions(version: number): Promise<number> {
    return this.queue.transaction(
      (db) =>
        db
          .prepare<[number], number>('SELECT count(*) FROM master_key_checks WHERE version < ?')
          .pluck()
          .get(version) ?? 0,
    );
  }

  /**
   * Once an older version is forgotten, its line may be destroyed: the newest one must be on disk before.
   * @throws {Error} when the file does not hold the versions that the keys are wrapped by
   */
  private requireDurable(): void {
    syncMasterKeyFile(this.file);
    const found = readMasterKeys(this.file);
    if (!found || !isSame(found, this.live)) throw new Error('the master key file has changed meanwhile');
  }

  private rewrapSome(
    db: SqliteHandle,
    after: string,
    limit: number,
  ): { last: string; full: boolean; skipped: number } {
    const { current } = this.live;
    const rows = db
      .prepare<[number, string, number], WrappedRow>(
        'SELECT chat_id, wrapped_key FROM chat_keys WHERE key_version <> ? AND chat_id > ? ORDER BY chat_id LIMIT ?',
      )
      .all(current.version, after, limit);
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
    return { last: rows.at(-1)?.chat_id ?? after, full: rows.length === limit, skipped };
  }
}

function isSame(a: MasterKeys, b: MasterKeys): boolean {
  return (
    a.versions.length === b.versions.length &&
    a.versions.every(({ version, check }) => b.get(version)?.check.equals(check))
  );
}
