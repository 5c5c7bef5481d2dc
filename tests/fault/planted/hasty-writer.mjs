// Loaded into a real gateway before it starts: an injected fault. Every write is answered before its commit, as by a server
// that acknowledges queued messages.
import { setTimeout as pause } from 'node:timers/promises';

const COMMIT_DELAY_MS = 400;

/**
 * @typedef {{ exec: (sql: string) => void }} Handle
 * @typedef {{ prototype: { exclusive: (work: (handle: Handle) => Promise<void>) => Promise<void>, transaction: <T>(work: (handle: Handle) => T) => Promise<T> } }} WriteQueueClass
 */

const built = new URL(
  '../../../dist/apps/gateway/libs/platform/src/database/write-queue.js',
  import.meta.url,
);
const { WriteQueue } = /** @type {{ WriteQueue: WriteQueueClass }} */ (await import(built.href));

/**
 * @this {WriteQueueClass['prototype']}
 * @template T
 * @param {(handle: Handle) => T} work
 * @returns {Promise<T>}
 */
WriteQueue.prototype.transaction = function transaction(work) {
  return new Promise((done, failed) => {
    void this.exclusive(async (handle) => {
      handle.exec('BEGIN IMMEDIATE');
      try {
        done(work(handle));
      } catch (error) {
        handle.exec('ROLLBACK');
        failed(error);
        return;
      }
      await pause(COMMIT_DELAY_MS);
      handle.exec('COMMIT');
    });
  });
};
