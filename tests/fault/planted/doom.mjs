// Loaded into real services before they start: a service dies by SIGKILL, as in a power cut, right after the last of a
// few deeds that a file names. A deed is an SQL statement that was executed, `asks SUBJECT` and `hears SUBJECT` around
// a request over the bus, `tells SUBJECT` and `told SUBJECT` around an event that others confirm, `noted KIND` in the
// ledger. Nothing of the service is changed: it is only watched until it dies.
import { readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const service = /dist\/apps\/(\w+)\//.exec(process.argv[1] ?? '')?.[1] ?? '';

/** A JSON list of regular expressions; it is renamed by the death that it has brought. */
const ORDER = join(process.env['DOOM_DIR'] ?? '', service);

let order = '';
let reached = 0;

/** @param {string} deed */
function done(deed) {
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
  const deeds = /** @type {readonly string[]} */ (JSON.parse(text));
  if (!new RegExp(deeds[reached] ?? '').test(deed)) return;
  reached++;
  if (reached < deeds.length) return;
  renameSync(ORDER, `${ORDER}.met`);
  process.kill(process.pid, 'SIGKILL');
}

/**
 * @typedef {(this: unknown, ...args: any[]) => any} Method
 * @typedef {Record<string, Method>} Methods
 */

/**
 * Has a method say what it does.
 * @param {Methods} methods
 * @param {string} name
 * @param {{ before?: (args: any[]) => string, after: (args: any[], self: any) => string }} deeds
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
// Kept: on Node 24 a process aborts when a statement is garbage-collected.
const statement = new Database(':memory:').prepare('SELECT 1');
for (const name of ['run', 'get', 'all'])
  watch(Object.getPrototypeOf(statement), name, { after: (_args, { source }) => source });
watch(Database.prototype, 'exec', { after: ([sql]) => sql });

const platform = `../../../dist/apps/${service}/libs/platform/src`;
/** @param {string} file @returns {Promise<any>} */
const built = (file) => import(new URL(`${platform}/${file}`, import.meta.url).href);
const { BusClient } = await built('bus/bus-client.js');
watch(BusClient.prototype, 'request', {
  before: ([subject]) => `asks ${subject}`,
  after: ([subject]) => `hears ${subject}`,
});
watch(BusClient.prototype, 'confirm', {
  before: ([subject]) => `tells ${subject}`,
  after: ([subject]) => `told ${subject}`,
});
const { ErasureLedger } = await built('database/erasure-ledger.js');
watch(ErasureLedger.prototype, 'note', { after: ([kind]) => `noted ${kind}` });
