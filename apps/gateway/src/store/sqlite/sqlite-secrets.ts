import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { WriteQueue } from '@app/platform';
import { SecretStore } from '../secret-store.js';

/** The installation's secrets, in gateway.db. */
@Injectable()
export class SqliteSecrets extends SecretStore {
  constructor(private readonly queue: WriteQueue) {
    super();
  }

  override get(name: string): Promise<Buffer> {
    return this.queue.transaction((db) => {
      db.prepare('INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)').run(name, randomBytes(32));
      return db.prepare('SELECT value FROM secrets WHERE name = ?').pluck().get(name) as Buffer;
    });
  }
}
