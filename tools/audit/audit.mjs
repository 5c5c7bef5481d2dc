// The run of an audit from its first check to its last, and the cleaning up that happens whatever comes.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Unfit } from '../project.mjs';
import { Canaries } from './canaries.mjs';
import { passwordHashes, sessions } from './checks/accounts.mjs';
import { content, permissions } from './checks/bus.mjs';
import { control } from './checks/control.mjs';
import { headersAndCookies } from './checks/edge.mjs';
import { erasure } from './checks/erasure.mjs';
import { disk, logs, masterKeyPlace, modes } from './checks/files.mjs';
import { sealing, separation } from './checks/keys.mjs';
import { DataFolder } from './data-folder.mjs';
import { findOrStart } from './installation.mjs';
import { Report } from './report.mjs';
import { BusConfiguration, Tap } from './tap.mjs';

/**
 * @typedef {object} Options
 * @property {number} port where the installation is looked for
 * @property {string} dataDir
 * @property {string} masterKeyFile
 * @property {string} [url] where it is instead; nothing is started then
 * @property {Readonly<Record<import('./data-folder.mjs').Store, string>>} [stores] the stores below `dataDir`, where they are not beside each other
 * @property {string} [noBus] why the bus cannot be tapped, where that is known
 * @property {import('./tap.mjs').BusPlace} [bus] where it is, if not as with `npm start`
 * @property {boolean} quick
 * @property {readonly string[]} logFiles
 * @property {import('node:stream').Readable} [handedLogs] brings the services' output
 * @property {string} howToHandLogs for a report without any
 * @property {import('./canaries.mjs').CryptoLibrary} library
 */

/** How much is planted and tried. */
const FULL = { chats: 9, rounds: 8, triesMs: 12_000 };
const QUICK = { chats: 3, rounds: 5, triesMs: 1_500 };

/**
 * Makes every check.
 * @param {Options} options
 * @returns {Promise<Report>}
 * @throws {Unfit} when there is nothing that could be audited
 */
export async function audit(options) {
  const size = options.quick ? QUICK : FULL;
  const report = new Report();
  for (const file of options.logFiles)
    if (!existsSync(file)) throw new Unfit(`--log ${file}: there is no such file`);
  const folder = new DataFolder(resolve(options.dataDir), resolve(options.masterKeyFile), options.stores);

  report.step('trying the scanner on a scratch database');
  await report.check('scanner', control);
  report.step('looking for Secure Chat');
  const installation = await findOrStart({ ...options, say: (what) => report.step(what) });
  const canaries = new Canaries(installation.url, options.library);
  const bus = new BusConfiguration(folder.path, options.bus);
  /** @type {Tap | undefined} */
  let tap;
  const cleanUp = async () => {
    await tap?.close();
    tap = undefined;
    await canaries.leave();
    await installation.end();
  };
  const interrupted = () => void cleanUp().finally(() => process.exit(1));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    if (!existsSync(folder.path))
      throw new Unfit(`DATA_DIR is not that of the server on PORT: ${folder.path}`);
    const whyNot = busProblem(options, bus);
    /** @param {() => import('./report.mjs').Outcome | Promise<import('./report.mjs').Outcome>} check */
    const ofBus = (check) =>
      whyNot === undefined ? check : () => ({ status: /** @type {const} */ ('not possible'), says: whyNot });
    await report.check(
      'bus left-over',
      ofBus(() => leftOverTap(bus)),
    );
    if (whyNot === undefined) {
      report.step('tapping the bus');
      tap = await Tap.open(bus);
    }

    report.step('planting canaries');
    await canaries.plant(size);
    const [first] = canaries.both();
    await report.check('sealing', () => sealing(folder, canaries));
    report.step('scanning files');
    const onDisk = [
      ...canaries.textNeedles(),
      ...canaries.nameNeedles(),
      ...canaries.passwordNeedles(),
      ...canaries.tokenNeedles(),
    ];
    await report.check('disk', () => disk(folder, onDisk));
    report.step('trying what is stored as keys');
    await report.check('keys', () => separation(folder, canaries, size.triesMs));
    await report.check('master key', () => masterKeyPlace(folder));
    await report.check('sessions', () => sessions(folder));
    await report.check('passwords', () => passwordHashes(folder));
    await report.check('modes', () => modes(folder));
    await report.check('edge', () => headersAndCookies(installation.url, first.setCookie));
    report.step("trying the bus under each service's user");
    await report.check(
      'bus permissions',
      ofBus(() => permissions(bus)),
    );
    await report.check('erasure', () => erasure(folder, canaries, (what) => report.step(what)));

    report.step('reading logs and what the tap has heard');
    const outputs = {
      files: [...options.logFiles, ...(installation.output === undefined ? [] : [installation.output])],
      pipe: options.handedLogs,
      isLast: canaries.lastLine(),
      howTo: options.howToHandLogs,
    };
    const texts = canaries.textNeedles();
    const secrets = [
      ...texts,
      ...canaries.passwordNeedles(),
      ...canaries.tokenNeedles(),
      ...canaries.keyNeedles(),
    ];
    await report.check('logs', () => logs(folder, outputs, [...secrets, ...canaries.nameNeedles()]));
    await report.check(
      'bus',
      ofBus(() => heardByTap(tap, secrets)),
    );
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await cleanUp();
  }
  return report;
}

/**
 * Why the bus cannot be tapped.
 * @param {Options} options @param {BusConfiguration} bus
 */
function busProblem(options, bus) {
  if (options.noBus !== undefined) return options.noBus;
  if (bus.text() === undefined || bus.serverPid() === undefined)
    return 'the server of the bus is not seen from here, so it cannot be tapped';
  return undefined;
}

/** @param {BusConfiguration} bus @returns {import('./report.mjs').Outcome} */
function leftOverTap(bus) {
  const removed = bus.removeTap();
  return {
    says: 'no tap of an earlier audit was left on the bus',
    findings: removed ? ['an interrupted audit had left its user on the bus; it has been removed now'] : [],
  };
}

/** @param {Tap | undefined} tap @param {import('./scanner.mjs').Needle[]} needles */
async function heardByTap(tap, needles) {
  if (!tap) throw new Error('there is no tap');
  await tap.settle();
  const outcome = content(tap.heard, needles);
  if (tap.full && outcome.findings?.length === 0)
    return {
      status: /** @type {const} */ ('not possible'),
      says: 'the bus was too busy to be heard as a whole',
    };
  return outcome;
}
