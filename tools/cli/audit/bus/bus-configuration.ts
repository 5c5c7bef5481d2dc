import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discardDrafts, writeDurably } from '../../../../libs/platform/src/files/durable-files.mjs';
import { withoutTap, type User } from '../../../nats/permissions.mjs';
import type { BusAddress } from './bare-bus.js';

/** What is otherwise than with `npm start`, where the bus runs in a container of its own. */
export interface BusPlace {
  /** Where it is reached. */
  readonly host: string;
  /** The path of its configuration as the server sees it. */
  readonly seenAs: string;
  /** The name of the certificate beside its configuration by which it is known. */
  readonly authority: string;
  /** Returns the file with a user's seed. */
  readonly seedOf: (user: User) => string;
}

/** The configuration of the bus of one installation, and the server that runs by it. */
export class BusConfiguration {
  private readonly folder: string;
  private readonly file: string;

  /** @param place if it is not as with `npm start` */
  constructor(
    dataDir: string,
    private readonly place?: BusPlace,
  ) {
    this.folder = join(dataDir, 'nats');
    this.file = join(this.folder, 'nats.conf');
  }

  /** Returns the configuration's text; undefined where the bus is another's. */
  text(): string | undefined {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8') : undefined;
  }

  /** Returns the file with the seed of a user. */
  seedFile(user: User): string {
    return this.place?.seedOf(user) ?? join(this.folder, `${user}.nk`);
  }

  /** Returns where the server is reached, and the certificate by which it is known. */
  address(): BusAddress {
    const text = this.text() ?? '';
    const [, port = '4222'] = /^port: (\d+)/m.exec(text) ?? [];
    if (this.place) {
      const authority = readFileSync(join(this.folder, this.place.authority), 'utf8');
      return { host: this.place.host, port: Number(port), authority };
    }
    const [, host = '127.0.0.1'] = /^host: "([^"]+)"/m.exec(text) ?? [];
    return { host: host === '0.0.0.0' ? '127.0.0.1' : host, port: Number(port) };
  }

  /** Returns the process that runs by this configuration, if there is one. */
  serverPid(): number | undefined {
    const file = this.place?.seenAs ?? this.file;
    for (const [pid, command] of processes()) {
      const [program = '', ...args] = command;
      if (/nats-server(\.exe)?$/.test(program) && args.includes(file)) return pid;
    }
    return undefined;
  }

  /** Writes the configuration, whole or not at all, and has the server read it. */
  change(text: string): void {
    writeDurably(this.file, text);
    const pid = this.serverPid();
    if (pid !== undefined) process.kill(pid, 'SIGHUP');
  }

  /** Removes what a run has left, and returns whether there was something. */
  removeTap(): boolean {
    discardDrafts(this.file);
    const text = this.text() ?? '';
    const kept = withoutTap(text);
    if (kept === text) return false;
    this.change(kept);
    return true;
  }
}

/** Lists every process with its command line, as far as this user may see. */
function* processes(): Generator<[number, string[]]> {
  if (existsSync('/proc/self/cmdline')) {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
      try {
        yield [Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')];
      } catch {
        // It has ended meanwhile, or is another user's.
      }
    return;
  }
  const lines = execFileSync('ps', ['-ax', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines) {
    const [pid, ...command] = line.trim().split(/\s+/);
    yield [Number(pid), command];
  }
}
