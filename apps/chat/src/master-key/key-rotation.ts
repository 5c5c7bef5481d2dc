import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { lookupIndex, MasterKeys, OpenError, unwrapChatKey, uuidToBytes, wrapChatKey } from '@app/crypto';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { ChatStore, type ChatTransaction } from '../store/chat-store.js';
import { adoptMasterKeys } from './fit-master-keys.js';
import { LiveMasterKeys } from './live-master-keys.js';
import { readMasterKeys, syncMasterKeyFile } from './master-key-file.js';

/** The injection token of the master key file's path. */
export const MASTER_KEY_FILE = Symbol('master key file');

/** How often the file is read, in milliseconds. */
const READ_MS = 1_000;

/** What a batch has done. */
interface Rewrapped {
  /** The id of its last chat. */
  readonly last: string;
  readonly isFull: boolean;
  /** How many keys did not open. */
  readonly skipped: number;
}

/**
 * Rewraps every chat's key by the newest version in the master key file while the service runs. Each key changes whole
 * or not at all, joins look under every live version meanwhile, and a start goes on where the last process ended. When
 * no key needs an older version and the store is scrubbed, the store deletes the older version's check bytes: its line
 * can be destroyed.
 */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;
  private stopped = false;

  constructor(
    @Inject(MasterKeys) private readonly live: LiveMasterKeys,
    @Inject(MASTER_KEY_FILE) private readonly file: string,
    private readonly store: ChatStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins to read the file, once a second. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.rotate(), READ_MS);
    void this.rotate();
  }

  /** Stops after the keys that are being wrapped. */
  onModuleDestroy(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private async rotate(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      await this.reload();
      await this.rewrap();
    } catch (error) {
      this.logger.error({ err: error }, 'cannot rotate the master key yet');
    } finally {
      this.isRunning = false;
    }
  }

  private async reload(): Promise<void> {
    const found = readMasterKeys(this.file);
    // A file that is missing for a moment (another disk, an editor) changes nothing.
    if (!found || isSame(found, this.live)) return;
    await adoptMasterKeys(this.file, found, this.store);
    this.live.replace(found);
    this.logger.info({ version: found.current.version }, 'the master key file has changed');
  }

  private async rewrap(): Promise<void> {
    const { version } = this.live.current;
    // The store remembers every version that wraps a key: without an older one, no key has to be looked at.
    if ((await this.store.transaction(({ masterKeys }) => masterKeys.countOlder(version))) === 0) return;
    const batches = this.store.batches();
    let last = '';
    let skipped = 0;
    for (let isFull = true; isFull && !this.stopped;) {
      const after = last;
      const done = await batches.run((transaction, rows) => this.rewrapSome(transaction, after, rows));
      ({ last, isFull } = done);
      skipped += done.skipped;
    }
    if (skipped > 0 || this.stopped) return;
    await this.store.scrub();
    this.requireDurable();
    await this.store.transaction(({ masterKeys }) => masterKeys.deleteOlder(version));
    this.logger.info(
      { version },
      'every chat key is wrapped by the newest master key; older ones can be destroyed',
    );
  }

  /**
   * Checks that the newest version is on disk, before the line of an older one may be destroyed.
   * @throws {Error} when the file does not hold the versions that the keys are wrapped by
   */
  private requireDurable(): void {
    syncMasterKeyFile(this.file);
    const found = readMasterKeys(this.file);
    if (!found || !isSame(found, this.live)) throw new Error('the master key file has changed meanwhile');
  }

  private async rewrapSome({ keys }: ChatTransaction, after: string, limit: number): Promise<Rewrapped> {
    const { current } = this.live;
    const stored = await keys.listOtherVersions(current.version, after, limit);
    let skipped = 0;
    for (const { chatId, wrappedKey } of stored) {
      const id = uuidToBytes(chatId);
      let chatKey: Buffer;
      try {
        chatKey = unwrapChatKey(wrappedKey, this.live, id);
      } catch (error) {
        if (!(error instanceof OpenError)) throw error;
        skipped++;
        this.logger.warn({ chatId }, 'a stored chat key does not open and keeps its master key version');
        continue;
      }
      await keys.replace({
        chatId,
        keyVersion: current.version,
        lookup: lookupIndex(chatKey, current),
        wrappedKey: wrapChatKey(chatKey, current, id),
      });
    }
    return { last: stored.at(-1)?.chatId ?? after, isFull: stored.length === limit, skipped };
  }
}

function isSame(a: MasterKeys, b: MasterKeys): boolean {
  return (
    a.versions.length === b.versions.length &&
    a.versions.every(({ version, check }) => b.get(version)?.check.equals(check))
  );
}
