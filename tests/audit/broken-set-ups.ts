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
import type { Fault, SeenCall } from './leaky-edge.js';

/** An installation that breaks one promise. */
export interface BrokenSetUp {
  readonly what: string;
  /** The only check that may fail. */
  readonly check: string;
  /** Breaks it; gives what mends it again. */
  readonly arrange?: (installation: AuditedInstallation) => (() => void) | Promise<() => void>;
  /** What the edge does wrong meanwhile; what it has left is removed by `tidy`. */
  readonly fault?: (installation: AuditedInstallation) => Fault;
  readonly tidy?: (installation: AuditedInstallation) => void;
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

/** Deletes rows where deleting overwrites nothing: they stay in free pages. */
function leaveInFreePages(installation: AuditedInstallation, store: Store, rows: readonly Buffer[]): void {
  for (const row of rows) plant(installation, store, row);
  installation.inStore(store, (db) => {
    db.exec('PRAGMA secure_delete=OFF; DROP TABLE planted; PRAGMA wal_checkpoint(TRUNCATE)');
  });
}

/** Keeps what is stored of a chat that is being deleted, and leaves it in free pages when the answer has come. */
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

/** So far behind what SQLite reads of a log that nothing written meanwhile reaches it. */
const BEHIND_BYTES = 4 * 1024 * 1024;

/** Keeps what the write-ahead log held before a chat is deleted, and leaves it there when the answer has come. */
function logNotTruncated(installation: AuditedInstallation): Fault {
  const log = inData(installation, 'gateway.db-wal');
  let kept = Buffer.alloc(0);
  return {
    before: (method, path) => {
      if (method === 'DELETE' && DELETED_CHAT.test(path)) kept = readFileSync(log);
    },
    after: ({ method, path }) => {
      if (method !== 'DELETE' || !DELETED_CHAT.test(path)) return;
      truncateSync(log, Math.max(BEHIND_BYTES, statSync(log).size));
      appendFileSync(log, kept);
    },
  };
}

/** Says something on the bus as the gateway. */
async function sayOnBus({ dataDir }: AuditedInstallation, text: string): Promise<void> {
  const { host, port } = new BusConfiguration(dataDir).address();
  const seed = new Uint8Array(readFileSync(join(dataDir, 'nats/gateway.nk')));
  const bus = await connect({ servers: `${host}:${port}`, authenticator: nkeyAuthenticator(seed) });
  bus.publish('chat.leak', JSON.stringify({ text }));
  await bus.drain();
}

/** Seals each message anew without a bound context. */
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

function withMode(name: string, mode: number): NonNullable<BrokenSetUp['arrange']> {
  return (installation) => {
    const path = inData(installation, name);
    chmodSync(path, mode);
    return () => chmodSync(path, name === '' ? 0o700 : 0o600);
  };
}

/** At least one for each promise that an audit watches over. */
export const BROKEN_SET_UPS: readonly BrokenSetUp[] = [
  {
    what: 'message texts are logged',
    check: 'logs',
    fault: (installation) => ({
      after: (call) => {
        const line = `${JSON.stringify({ level: 20, msg: 'sent', body: textOf(call) ?? null })}\n`;
        appendFileSync(inData(installation, 'gateway.log'), line, { mode: 0o600 });
      },
    }),
    tidy: (installation) => rmSync(inData(installation, 'gateway.log'), { force: true }),
  },
  {
    what: 'requests are logged in base64, with passwords in them',
    check: 'logs',
    fault: (installation) => ({
      after: ({ body }) => {
        const line = Buffer.from(`?${JSON.stringify({ password: body['password'] ?? null })}`).toString(
          'base64',
        );
        appendFileSync(inData(installation, 'requests.log'), `${line}\n`, { mode: 0o600 });
      },
    }),
    tidy: (installation) => rmSync(inData(installation, 'requests.log'), { force: true }),
  },
  {
    what: 'texts are kept in a table for a search, in hex',
    check: 'disk',
    fault: (installation) => ({
      after: (call) => {
        const text = textOf(call);
        if (text !== undefined) plant(installation, 'gateway', Buffer.from(text).toString('hex'));
      },
    }),
    tidy: (installation) => clear(installation, 'gateway'),
  },
  {
    what: 'session tokens go to a temporary file, in UTF-16',
    check: 'disk',
    fault: (installation) => ({
      after: ({ headers }) => {
        const cookies = Buffer.from(String(headers.get('set-cookie') ?? ''), 'utf16le');
        appendFileSync(inData(installation, 'session.tmp'), cookies, { mode: 0o600 });
      },
    }),
    tidy: (installation) => rmSync(inData(installation, 'session.tmp'), { force: true }),
  },
  {
    what: 'a session token is stored in clear',
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
    what: 'a password is stored in clear',
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
    what: 'a chat key is stored in clear beside the wrapped ones',
    check: 'keys',
    arrange: async (installation) => {
      const someone = await EdgeClient.signedUp(`http://127.0.0.1:${installation.port}`);
      const { key } = await someone.createChat();
      plant(installation, 'chat', parseChatKey(key));
      return () => clear(installation, 'chat');
    },
  },
  {
    what: 'the master key is kept in the message store, in hex',
    check: 'keys',
    arrange: (installation) => {
      const [, base64 = ''] = readFileSync(inData(installation, 'master.key'), 'utf8').trim().split(':');
      plant(installation, 'gateway', Buffer.from(base64, 'base64').toString('hex'));
      return () => clear(installation, 'gateway');
    },
  },
  { what: 'messages are sealed without their context', check: 'sealing', fault: unboundSeals },
  {
    what: 'the master key file is readable by everybody',
    check: 'modes',
    arrange: withMode('master.key', 0o644),
  },
  { what: 'the data folder is open to everybody', check: 'modes', arrange: withMode('', 0o755) },
  {
    what: "the bus lets every service's user do everything",
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
        if (text !== undefined) await sayOnBus(installation, text);
      },
    }),
  },
  {
    what: 'chat keys are published on a subject that carries none',
    check: 'bus',
    fault: (installation) => ({
      after: async ({ answer }) => {
        if (typeof answer['key'] === 'string') await sayOnBus(installation, answer['key']);
      },
    }),
  },
  {
    what: 'the write-ahead log is not truncated after a deletion',
    check: 'erasure',
    fault: logNotTruncated,
    tidy: (installation) => {
      installation.inStore('gateway', (db) => {
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      });
    },
  },
  {
    what: 'erased messages stay in free pages: secure_delete is off',
    check: 'erasure',
    fault: (installation) => {
      const sql =
        'SELECT sealed FROM messages m JOIN heads h ON h.ref = m.ref WHERE h.chat_id = ? AND sealed IS NOT NULL';
      return unerased(installation, 'gateway', sql, true);
    },
    tidy: (installation) => clear(installation, 'gateway'),
  },
  {
    what: 'wrapped keys stay in free pages',
    check: 'erasure',
    fault: (installation) =>
      unerased(installation, 'chat', 'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?', false),
    tidy: (installation) => clear(installation, 'chat'),
  },
  {
    what: 'an older copy of the message store is kept',
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
    tidy: (installation) => rmSync(inData(installation, 'gateway.db.bak'), { force: true }),
  },
  {
    what: 'a receipt is given and nothing was deleted',
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
