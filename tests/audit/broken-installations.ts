import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { deriveMessageKey, messageKeyToBytes, parseChatKey, uuidToBytes } from '@app/crypto';
import { EdgeClient } from '@app/testing';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { BusConfiguration } from '../../tools/cli/audit/bus/bus-configuration.js';
import type { AuditedInstallation } from './audited-installation.js';
import type { Fault, SeenCall } from './faulty-edge.js';

/** An installation that violates one guarantee. */
export interface BrokenInstallation {
  readonly what: string;
  /** The only check that may fail. */
  readonly check: string;
  /** Breaks it. Returns a function that repairs it. */
  readonly arrange?: (installation: AuditedInstallation) => (() => void) | Promise<() => void>;
  /** The fault of the edge meanwhile. `cleanUp` removes what it leaves. */
  readonly fault?: (installation: AuditedInstallation) => Fault;
  readonly cleanUp?: (installation: AuditedInstallation) => void;
}

type Store = 'auth' | 'chat' | 'gateway';

const DELETED_CHAT = /^\/api\/v1\/chats\/([0-9a-f-]{36})$/;
const MESSAGES = /\/messages$/;

const textOf = ({ path, body }: SeenCall): string | undefined =>
  MESSAGES.test(path) && typeof body['text'] === 'string' ? body['text'] : undefined;

const inData = ({ dataDir }: AuditedInstallation, name: string): string => join(dataDir, name);

function plant(installation: AuditedInstallation, store: Store, value: string | Buffer): void {
  installation.inStore(store, (db) => {
    db.exec('CREATE TABLE IF NOT EXISTS planted (value)');
    db.prepare('INSERT INTO planted VALUES (?)').run(value);
  });
}

function clear(installation: AuditedInstallation, store: Store): void {
  installation.inStore(store, (db) => {
    db.exec('PRAGMA secure_delete=ON; DROP TABLE IF EXISTS planted; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  });
}

/** Deletes rows with secure_delete off, so that their bytes stay in free pages. */
function leaveInFreePages(installation: AuditedInstallation, store: Store, rows: readonly Buffer[]): void {
  for (const row of rows) plant(installation, store, row);
  installation.inStore(store, (db) => {
    db.exec('PRAGMA secure_delete=OFF; DROP TABLE planted; PRAGMA wal_checkpoint(TRUNCATE)');
  });
}

/** Copies rows of a chat before its deletion, and leaves them in free pages after the answer. */
function unerased(installation: AuditedInstallation, store: Store, sql: string, asBytes: boolean): Fault {
  let rows: Buffer[] = [];
  return {
    before: (method, path) => {
      const [, id] = (method === 'DELETE' && DELETED_CHAT.exec(path)) || [];
      if (id === undefined) return;
      rows = installation.inStore(
        store,
        (db) =>
          db
            .prepare(sql)
            .pluck()
            .all(asBytes ? uuidToBytes(id) : id) as Buffer[],
      );
    },
    after: ({ method, path }) => {
      if (method === 'DELETE' && DELETED_CHAT.test(path)) leaveInFreePages(installation, store, rows);
    },
  };
}

/** An offset in the write-ahead log that later writes do not reach. */
const OFFSET_BYTES = 4 * 1024 * 1024;

/** Copies the write-ahead log before the deletion of a chat, and appends the copy to it after the answer. */
function logNotTruncated(installation: AuditedInstallation): Fault {
  const log = inData(installation, 'gateway.db-wal');
  let kept = Buffer.alloc(0);
  return {
    before: (method, path) => {
      if (method === 'DELETE' && DELETED_CHAT.test(path)) kept = readFileSync(log);
    },
    after: ({ method, path }) => {
      if (method !== 'DELETE' || !DELETED_CHAT.test(path)) return;
      truncateSync(log, Math.max(OFFSET_BYTES, statSync(log).size));
      appendFileSync(log, kept);
    },
  };
}

/** Publishes a text on the bus as the gateway. */
async function publishText({ dataDir }: AuditedInstallation, text: string): Promise<void> {
  const { host, port } = new BusConfiguration(dataDir).address();
  const seed = new Uint8Array(readFileSync(join(dataDir, 'nats/gateway.nk')));
  const bus = await connect({ servers: `${host}:${port}`, authenticator: nkeyAuthenticator(seed) });
  bus.publish('chat.leak', JSON.stringify({ text }));
  await bus.drain();
}

/** Replaces the ciphertext of each message by one without additional authenticated data. */
function unboundSeals(installation: AuditedInstallation): Fault {
  const keys = new Map<string, Buffer>();
  return {
    after: (call) => {
      const { chat, key, message } = call.answer as {
        chat?: { id: string };
        key?: string;
        message?: { id: string; chatId: string };
      };
      if (chat && key !== undefined)
        keys.set(chat.id, messageKeyToBytes(deriveMessageKey(parseChatKey(key), uuidToBytes(chat.id))));
      const messageKey = message && keys.get(message.chatId);
      const text = textOf(call);
      if (!messageKey || text === undefined) return;
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', messageKey, nonce);
      const sealed = [
        Uint8Array.of(1),
        nonce,
        cipher.update(text, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ];
      installation.inStore('gateway', (db) => {
        db.prepare('UPDATE messages SET sealed = ? WHERE id = ?').run(
          Buffer.concat(sealed),
          uuidToBytes(message.id),
        );
      });
    },
  };
}

function withMode(name: string, mode: number): NonNullable<BrokenInstallation['arrange']> {
  return (installation) => {
    const path = inData(installation, name);
    chmodSync(path, mode);
    return () => chmodSync(path, name === '' ? 0o700 : 0o600);
  };
}

/** At least one broken installation for each check of the audit. */
export const BROKEN_INSTALLATIONS: readonly BrokenInstallation[] = [
  {
    what: 'message texts are logged',
    check: 'logs',
    fault: (installation) => ({
      after: (call) => {
        const line = `${JSON.stringify({ level: 20, msg: 'sent', body: textOf(call) ?? null })}\n`;
        appendFileSync(inData(installation, 'gateway.log'), line, { mode: 0o600 });
      },
    }),
    cleanUp: (installation) => rmSync(inData(installation, 'gateway.log'), { force: true }),
  },
  {
    what: 'requests with passwords are logged in base64',
    check: 'logs',
    fault: (installation) => ({
      after: ({ body }) => {
        const line = Buffer.from(`?${JSON.stringify({ password: body['password'] ?? null })}`).toString(
          'base64',
        );
        appendFileSync(inData(installation, 'requests.log'), `${line}\n`, { mode: 0o600 });
      },
    }),
    cleanUp: (installation) => rmSync(inData(installation, 'requests.log'), { force: true }),
  },
  {
    what: 'a search table stores texts in hex',
    check: 'disk',
    fault: (installation) => ({
      after: (call) => {
        const text = textOf(call);
        if (text !== undefined) plant(installation, 'gateway', Buffer.from(text).toString('hex'));
      },
    }),
    cleanUp: (installation) => clear(installation, 'gateway'),
  },
  {
    what: 'a temporary file contains session tokens in UTF-16',
    check: 'disk',
    fault: (installation) => ({
      after: ({ headers }) => {
        const cookies = Buffer.from(String(headers.get('set-cookie') ?? ''), 'utf16le');
        appendFileSync(inData(installation, 'session.tmp'), cookies, { mode: 0o600 });
      },
    }),
    cleanUp: (installation) => rmSync(inData(installation, 'session.tmp'), { force: true }),
  },
  {
    what: 'a session token is stored in plain text',
    check: 'sessions',
    arrange: async (installation) => {
      const { token = '' } = await EdgeClient.signedUp(`http://127.0.0.1:${installation.port}`);
      const digest = createHash('sha256').update(token).digest('hex');
      const set = (userAgent: string | null): void =>
        installation.inStore('auth', (db) => {
          db.prepare('UPDATE sessions SET user_agent = ? WHERE digest = ?').run(userAgent, digest);
        });
      set(`agent ${token}`);
      return () => set(null);
    },
  },
  {
    what: 'a password is stored in plain text',
    check: 'passwords',
    arrange: async (installation) => {
      const { id } = await EdgeClient.signedUp(`http://127.0.0.1:${installation.port}`);
      installation.inStore('auth', (db) => {
        db.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run(EdgeClient.password, id);
      });
      return () =>
        installation.inStore('auth', (db) => {
          db.prepare('DELETE FROM users WHERE id = ?').run(id);
        });
    },
  },
  {
    what: 'an unwrapped chat key is stored',
    check: 'keys',
    arrange: async (installation) => {
      const someone = await EdgeClient.signedUp(`http://127.0.0.1:${installation.port}`);
      const { key } = await someone.createChat();
      plant(installation, 'chat', parseChatKey(key));
      return () => clear(installation, 'chat');
    },
  },
  {
    what: 'the message store contains the master key in hex',
    check: 'keys',
    arrange: (installation) => {
      const [, base64 = ''] = readFileSync(inData(installation, 'master.key'), 'utf8').trim().split(':');
      plant(installation, 'gateway', Buffer.from(base64, 'base64').toString('hex'));
      return () => clear(installation, 'gateway');
    },
  },
  { what: 'messages are sealed without their context', check: 'sealing', fault: unboundSeals },
  {
    what: 'the master key file is world-readable',
    check: 'modes',
    arrange: withMode('master.key', 0o644),
  },
  { what: 'the data folder is world-accessible', check: 'modes', arrange: withMode('', 0o755) },
  {
    what: 'the users of the bus have all permissions',
    check: 'bus permissions',
    arrange: ({ dataDir }) => {
      const configuration = new BusConfiguration(dataDir);
      const text = configuration.text() ?? '';
      configuration.change(text.replaceAll(/, permissions: .* \}(?= \}$)/gm, ''));
      return () => configuration.change(text);
    },
  },
  {
    what: 'texts are published on the bus',
    check: 'bus',
    fault: (installation) => ({
      after: async (call) => {
        const text = textOf(call);
        if (text !== undefined) await publishText(installation, text);
      },
    }),
  },
  {
    what: 'chat keys are published on a subject without keys',
    check: 'bus',
    fault: (installation) => ({
      after: async ({ answer }) => {
        if (typeof answer['key'] === 'string') await publishText(installation, answer['key']);
      },
    }),
  },
  {
    what: 'the write-ahead log is not truncated after a deletion',
    check: 'erasure',
    fault: logNotTruncated,
    cleanUp: (installation) => {
      installation.inStore('gateway', (db) => {
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      });
    },
  },
  {
    what: 'erased messages stay in free pages',
    check: 'erasure',
    fault: (installation) => {
      const sql =
        'SELECT sealed FROM messages m JOIN heads h ON h.ref = m.ref WHERE h.chat_id = ? AND sealed IS NOT NULL';
      return unerased(installation, 'gateway', sql, true);
    },
    cleanUp: (installation) => clear(installation, 'gateway'),
  },
  {
    what: 'wrapped keys stay in free pages',
    check: 'erasure',
    fault: (installation) =>
      unerased(installation, 'chat', 'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?', false),
    cleanUp: (installation) => clear(installation, 'chat'),
  },
  {
    what: 'a copy of the message store is left',
    check: 'erasure',
    fault: (installation) => ({
      before: (method, path) => {
        const copy = inData(installation, 'gateway.db.bak');
        if (method !== 'DELETE' || !DELETED_CHAT.test(path)) return;
        installation.inStore('gateway', (db) => db.exec('PRAGMA wal_checkpoint(PASSIVE)'));
        copyFileSync(inData(installation, 'gateway.db'), copy);
        chmodSync(copy, 0o600);
      },
    }),
    cleanUp: (installation) => rmSync(inData(installation, 'gateway.db.bak'), { force: true }),
  },
  {
    what: 'an erasure receipt is returned without an erasure',
    check: 'erasure',
    fault: () => ({
      instead: (method, path) =>
        method === 'DELETE' && DELETED_CHAT.test(path) ? { receipt: { messagesErased: 5 } } : undefined,
    }),
  },
  {
    what: 'no content security policy is sent',
    check: 'edge',
    fault: () => ({ after: ({ headers }) => void headers.delete('content-security-policy') }),
  },
];
