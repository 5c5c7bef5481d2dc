import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { prepare } from '../database.js';
import type { Store } from '../installation.js';

/** A service's database below a data folder. */
type StoreFiles = Readonly<Record<Store, string>>;

/** A row as it is stored. */
export type Row = Readonly<Record<string, unknown>>;

/** The services that have a store. */
export const STORE_NAMES: readonly Store[] = ['auth', 'chat', 'gateway'];

/** The stores of an installation that `npm start` makes. */
export const STORES: StoreFiles = { auth: 'auth.db', chat: 'chat.db', gateway: 'gateway.db' };

/** The data folder of one installation: its files, and the rows of its three databases. */
export class DataFolder {
  /**
   * @param path absolute, as all paths here
   * @param stores the stores below it
   */
  constructor(
    readonly path: string,
    readonly masterKeyFile: string,
    private readonly stores: StoreFiles = STORES,
  ) {}

  /** Returns every ordinary file in it; those that went while it was read are left out. */
  files(): string[] {
    const found: string[] = [];
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) walk(path);
        else if (entry.isFile()) found.push(path);
      }
    };
    walk(this.path);
    return found.filter((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
  }

  /** Returns a path as a report says it. */
  nameOf(file: string): string {
    return file.startsWith(`${this.path}/`) ? file.slice(this.path.length + 1) : file;
  }

  /** Returns the files that hold logs: named so, or the output of the running `npm start`, where it goes to a file. */
  logFiles(): string[] {
    const own = this.files().filter((file) => /\.log(\.\d+)?$/.test(file));
    return [...new Set([...own, ...this.outputFiles()])];
  }

  private outputFiles(): string[] {
    try {
      const pid = Number(readFileSync(join(this.path, 'running.pid'), 'utf8'));
      return [1, 2]
        .map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`))
        .filter((target) => lstatSync(target, { throwIfNoEntry: false })?.isFile());
    } catch {
      return []; // Not running, or not Linux.
    }
  }

  /** Reads rows by a connection that is closed at once: one that stays would keep old bytes in the write-ahead log. */
  rows(store: Store, sql: string, ...values: unknown[]): Row[] {
    const database = new Database(join(this.path, this.stores[store]), { readonly: true, timeout: 5_000 });
    try {
      return prepare<Row>(database, sql).all(...values);
    } finally {
      database.close();
    }
  }

  /**
   * Returns every text and every blob that a store holds, the newest rows of each table first.
   * @param limit rows of each table
   */
  storedValues(store: Store, limit: number): Buffer[] {
    const values: Buffer[] = [];
    const tables = this.rows(
      store,
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'",
    );
    for (const { name, wr } of tables) {
      const order = wr === 1 ? '' : ' ORDER BY rowid DESC';
      for (const row of this.rows(store, `SELECT * FROM "${String(name)}"${order} LIMIT ?`, limit))
        for (const value of Object.values(row)) {
          if (typeof value === 'string') values.push(Buffer.from(value));
          else if (Buffer.isBuffer(value)) values.push(value);
        }
    }
    return values;
  }
}

/** Returns a value of a row that is a blob. @throws {TypeError} when it is none */
export function blob(row: Row, name: string): Buffer {
  const value = row[name];
  if (!Buffer.isBuffer(value)) throw new TypeError(`${name} is no blob`);
  return value;
}

/** Returns the 16 bytes of an id, as the message store keeps it. */
export const idBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
