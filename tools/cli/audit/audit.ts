import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Unfit } from '../../project.mjs';
import type { Store } from '../installation.js';
import { findOrStart } from './audited-installation.js';
import { BusConfiguration, type BusPlace } from './bus/bus-configuration.js';
import { Tap } from './bus/tap.js';
import { Canaries } from './canaries/canaries.js';
import { passwordHashes, sessions } from './checks/accounts.js';
import { content, permissions } from './checks/bus.js';
import { control } from './checks/control.js';
import { headersAndCookies } from './checks/edge.js';
import { erasure } from './checks/erasure.js';
import { disk, logs, masterKeyPlace, modes } from './checks/files.js';
import { sealing } from './checks/keys/sealing.js';
import { separation } from './checks/keys/separation.js';
import { DataFolder } from './data-folder.js';
import { Report, type Outcome } from './report.js';
import type { Needle } from './scanner.js';

/** Where the installation is that is audited. */
export interface AuditTarget {
  /** The port where it is looked for. */
  readonly port: number;
  /** Where it is instead; nothing is started then. */
  readonly url?: string;
  readonly dataDir: string;
  readonly masterKeyFile: string;
  /** The stores below `dataDir`, where they are not beside each other. */
  readonly stores?: Readonly<Record<Store, string>>;
  /** Where the bus is, if not as with `npm start`. */
  readonly bus?: BusPlace;
  /** Why the bus cannot be tapped, where that is known. */
  readonly noBus?: string;
  /** How to hand over the services' output, for a report without any. */
  readonly howToHandLogs: string;
}

/** How an audit is made. */
export interface AuditOptions extends AuditTarget {
  readonly quick: boolean;
  /** Files that hold the services' output. */
  readonly logFiles: readonly string[];
  /** What brings the services' output. */
  readonly handedLogs?: Readable | undefined;
}

/** How much is planted and tried. */
const FULL = { chats: 9, rounds: 8, triesMs: 12_000 };
const QUICK = { chats: 3, rounds: 5, triesMs: 1_500 };

/**
 * Makes every check, and removes what it has made, whatever happens.
 * @throws {Unfit} when there is nothing that could be audited
 */
export async function audit(options: AuditOptions): Promise<Report> {
  const size = options.quick ? QUICK : FULL;
  const report = new Report();
  for (const file of options.logFiles)
    if (!existsSync(file)) throw new Unfit(`--log ${file}: there is no such file`);
  const folder = new DataFolder(options.dataDir, options.masterKeyFile, options.stores);

  report.step('trying the scanner on a scratch database');
  await report.check('scanner', control);
  report.step('looking for Secure Chat');
  const installation = await findOrStart({ ...options, say: (what) => report.step(what) });
  const canaries = new Canaries(installation.url);
  const bus = new BusConfiguration(folder.path, options.bus);
  let tap: Tap | undefined;
  const cleanUp = async (): Promise<void> => {
    await tap?.close();
    tap = undefined;
    await canaries.leave();
    await installation.end();
  };
  const interrupted = (): void => void cleanUp().finally(() => process.exit(1));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    if (!existsSync(folder.path))
      throw new Unfit(`DATA_DIR is not that of the server on PORT: ${folder.path}`);
    const whyNot = busProblem(options, bus);
    const ofBus = (check: () => Outcome | Promise<Outcome>): typeof check =>
      whyNot === undefined ? check : () => ({ status: 'not possible', says: whyNot });
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

/** Returns why the bus cannot be tapped. */
function busProblem(options: AuditOptions, bus: BusConfiguration): string | undefined {
  if (options.noBus !== undefined) return options.noBus;
  if (bus.text() === undefined || bus.serverPid() === undefined)
    return 'the server of the bus is not seen from here, so it cannot be tapped';
  return undefined;
}

function leftOverTap(bus: BusConfiguration): Outcome {
  const removed = bus.removeTap();
  return {
    says: 'no tap of an earlier audit was left on the bus',
    findings: removed ? ['an interrupted audit had left its user on the bus; it has been removed now'] : [],
  };
}

async function heardByTap(tap: Tap | undefined, needles: readonly Needle[]): Promise<Outcome> {
  if (!tap) throw new Error('there is no tap');
  await tap.settle();
  const outcome = content(tap.heard, needles);
  if (tap.full && outcome.findings?.length === 0)
    return {
      status: 'not possible',
      says: 'the bus was too busy to be heard as a whole',
    };
  return outcome;
}
