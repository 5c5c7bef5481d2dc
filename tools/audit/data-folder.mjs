// The data folder as the audit sees it: its files, and the rows of its three databases.
import Database from 'better-sqlite3';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The stores and who owns them. */
export const STORES = /** @type {const} */ ({ auth: 'auth.db', chat: 'chat.db', gateway: 'gateway.db' });

/** @typedef {keyof typeof STORES} Store */
/** @typedef {Record<string, unknown>} Row */

/** Prepared statements live as long as the process: Node 24 aborts when one is collected at a wrong moment. @type {unknown[]} */
const keptStatements = [];

/** The folder of one installation. */
export class DataFolder {
  /**
   * @param {string} path @param {string} masterKeyFile both absolute
   * @param {Readonly<Record<Store, string>>} [stores] the stores below it
   */
  constructor(path, masterKeyFile, stores = STORES) {
    this.path = path;
    this.masterKeyFile = masterKeyFile;
    this.stores = stores;
  }

  /** Every ordinary file in it, as absolute paths; those that went while it was read are left out. */
  files() {
    /** @type {string[]} */
    const found = [];
    /** @param {string} folder */
    const walk = (folder) => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) walk(path);
        else if (entry.isFile()) found.push(path);
      }
    };
    walk(this.path);
    return found.filter((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
  }

  /** A path as a report says it. @param {string} file */
  nameOf(file) {
    return file.startsWith(`${this.path}/`) ? file.slice(this.path.length + 1) : file;
  }

  /** Files that hold logs: named so, or the output of the running `npm start`, where it goes to a file. */
  logFiles() {
    const own = this.files().filter((file) => /\.log(\.\d+)?$/.test(file));
    return [...new Set([...own, ...this.#outputFiles()])];
  }

  #outputFiles() {
    try {
      const pid = Number(readFileSync(join(this.path, 'running.pid'), 'utf8'));
      return [1, 2]
        .map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`))
        .filter((target) => lstatSync(target, { throwIfNoEntry: false })?.isFile());
    } catch {
      return []; // Not running, or not Linux.
    }
  }

  /**
   * Reads rows by a connection that is closed at once: one that stays would keep old bytes in the write-ahead log.
   * @param {Store} store
   * @param {string} sql
   * @param {...unknown} values
   * @returns {Row[]}
   */
  rows(store, sql, ...values) {
    const database = new Database(join(this.path, this.stores[store]), { readonly: true, timeout: 5_000 });
    try {
      const statement = database.prepare(sql);
      keptStatements.push(statement);
      return /** @type {Row[]} */ (statement.all(...values));
    } finally {
      database.close();
    }
  }

  /**
   * Every text and every blob that a store holds, the newest rows of each table first.
   * @param {Store} store
   * @param {number} limit rows of each table
   * @returns {Buffer[]}
   */
  storedValues(store, limit) {
    /** @type {Buffer[]} */
    const values = [];
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

/** The 16 bytes of an id, as the message store keeps it. @param {string} id */
export const idBytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex');
