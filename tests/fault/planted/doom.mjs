// Loaded into real services before they start. Kills the service with SIGKILL right after the last of a list of actions,
// which a file names. The actions are executed SQL statements, `requests SUBJECT` and `replied SUBJECT` around a request
// over the bus, `publishes SUBJECT` and `confirmed SUBJECT` around an event that others confirm, and `recorded KIND` for
// the erasure ledger. The service's own behaviour is not changed.
import { readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const service = /dist\/apps\/(\w+)\//.exec(process.argv[1] ?? '')?.[1] ?? '';

/** A JSON list of regular expressions. The file is renamed at the kill. */
const ORDER = join(process.env['KILL_DIR'] ?? '', service);

let order = '';
let reached = 0;

/** @param {string} action */
function done(action) {
  let text;
  try {
    text = readFileSync(ORDER, 'utf8');
  } catch {
    return;
  }
  if (text !== order) {
    order = text;
    reached = 0;
  }
  const actions = /** @type {readonly string[]} */ (JSON.parse(text));
  if (!new RegExp(actions[reached] ?? '').test(action)) return;
  reached++;
  if (reached < actions.length) return;
  renameSync(ORDER, `${ORDER}.met`);
  process.kill(process.pid, 'SIGKILL');
}

/**
 * @typedef {(this: unknown, ...args: any[]) => any} Method
 * @typedef {Record<string, Method>} Methods
 */

/**
 * Reports the calls of a method as actions.
 * @param {Methods} methods
 * @param {string} name
 * @param {{ before?: (args: any[]) => string, after: (args: any[], self: any) => string }} actions
 */
function watch(methods, name, { before, after }) {
  const own = /** @type {Method} */ (methods[name]);
  methods[name] = function watched(...args) {
    if (before) done(before(args));
    const result = own.apply(this, args);
    if (!(result instanceof Promise)) {
      done(after(args, this));
      return result;
    }
    return result.then((value) => {
      done(after(args, this));
      return value;
    });
  };
}

const Database = createRequire(import.meta.url)('better-sqlite3');
// Kept, because Node 24 aborts when it collects a statement.
const statement = new Database(':memory:').prepare('SELECT 1');
for (const name of ['run', 'get', 'all'])
  watch(Object.getPrototypeOf(statement), name, { after: (_args, { source }) => source });
watch(Database.prototype, 'exec', { after: ([sql]) => sql });

const platform = `../../../dist/apps/${service}/libs/platform/src`;
/** @param {string} file @returns {Promise<any>} */
const built = (file) => import(new URL(`${platform}/${file}`, import.meta.url).href);
const { BusClient } = await built('bus/bus-client.js');
watch(BusClient.prototype, 'request', {
  before: ([subject]) => `requests ${subject}`,
  after: ([subject]) => `replied ${subject}`,
});
watch(BusClient.prototype, 'publishConfirmed', {
  before: ([subject]) => `publishes ${subject}`,
  after: ([subject]) => `confirmed ${subject}`,
});
const { ErasureLedger } = await built('database/erasure-ledger.js');
watch(ErasureLedger.prototype, 'record', { after: ([kind]) => `recorded ${kind}` });
