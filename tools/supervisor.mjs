// Runs a few processes as one: restarts what dies, gives up when that does not help, ends all in order.
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';

/** The exit code of a service that a bad setting ended: it has printed its line, and no restart helps. */
const EXIT_BAD_SETTING = 78;

/**
 * @typedef {object} Child what is to run
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {boolean} [endsByPipe] it ends when its standard input closes, and is not sent a signal
 */

/** @typedef {{ spec: Child, process?: import('node:child_process').ChildProcess, deaths: number[], timer?: NodeJS.Timeout }} Running */

/**
 * Ends a program when standard input closes, and ends with it: for a program that does not watch its input, so that
 * nothing outlives a supervisor that was killed. Its exit code is passed on.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {{ command: string, args: string[] }}
 */
export function endingWithInput(program, args) {
  const script =
    'exec 3<&0; "$@" & child=$!; (cat <&3 >/dev/null; kill $child 2>/dev/null) & watcher=$!; wait $child; code=$?; kill $watcher 2>/dev/null; exit $code';
  return { command: 'sh', args: ['-c', script, 'sh', program, ...args] };
}

/** A small supervisor. Emits `failed` with one line when it gives up. */
export class Supervisor extends EventEmitter {
  /** @type {Running[]} */
  #children = [];
  #ending = false;

  /**
   * @param {{ log?: (line: string) => void, output?: (name: string, chunk: Buffer, from: 'stdout' | 'stderr') => void, firstDelayMs?: number, lastDelayMs?: number, maxDeaths?: number, windowMs?: number }} [options]
   */
  constructor(options = {}) {
    super();
    this.options = {
      log: (/** @type {string} */ line) => console.error(`secure-chat: ${line}`),
      output: () => undefined,
      firstDelayMs: 200,
      lastDelayMs: 5_000,
      maxDeaths: 5,
      windowMs: 30_000,
      ...options,
    };
  }

  /**
   * Starts a child and keeps it running.
   * @param {Child} spec
   */
  start(spec) {
    /** @type {Running} */
    const running = { spec, deaths: [] };
    this.#children.push(running);
    this.#spawn(running);
  }

  /** The process id of a child, while it runs. @param {string} name */
  pid(name) {
    return this.#children.find(({ spec }) => spec.name === name)?.process?.pid;
  }

  /** @param {Running} running */
  #spawn(running) {
    const { spec } = running;
    // A group of its own, so that the terminal's Ctrl-C reaches the supervisor alone and the order is kept.
    const child = spawn(spec.command, spec.args, {
      env: spec.env ?? process.env,
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.process = child;
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (chunk) => this.options.output(spec.name, chunk, 'stdout'));
    child.stderr?.on('data', (chunk) => this.options.output(spec.name, chunk, 'stderr'));
    child.once('error', (error) => this.#fail(`${spec.name} could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      child.stdin?.destroy();
      delete running.process;
      if (!this.#ending) this.#died(running, code, signal);
    });
  }

  /**
   * @param {Running} running
   * @param {number | null} code
   * @param {NodeJS.Signals | null} signal
   */
  #died(running, code, signal) {
    const { name } = running.spec;
    if (code === EXIT_BAD_SETTING) {
      this.#fail(`${name} cannot start with these settings`);
      return;
    }
    const now = Date.now();
    running.deaths = [...running.deaths.filter((at) => now - at < this.options.windowMs), now];
    if (running.deaths.length >= this.options.maxDeaths) {
      this.#fail(`${name} ended ${running.deaths.length} times within ${this.options.windowMs / 1000} s (last: ${signal ?? `exit code ${code}`}); giving up`);
      return;
    }
    const delay = Math.min(this.options.firstDelayMs * 2 ** (running.deaths.length - 1), this.options.lastDelayMs);
    this.options.log(`${name} ended (${signal ?? `exit code ${code}`}), starting it again`);
    running.timer = setTimeout(() => this.#spawn(running), delay);
  }

  /** @param {string} line */
  #fail(line) {
    if (!this.#ending) this.emit('failed', line);
  }

  /**
   * Ends all children, the last started first, each before the next; whoever has not ended in time is killed.
   * @param {number} [limitMs] for all of them together
   */
  async end(limitMs = 9_000) {
    this.#ending = true;
    const deadline = Date.now() + limitMs;
    for (const running of this.#children) clearTimeout(running.timer);
    for (const running of this.#children.toReversed()) {
      const child = running.process;
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((done) => child.once('exit', done));
      if (running.spec.endsByPipe) child.stdin?.end();
      else child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), Math.max(200, deadline - Date.now()));
      await gone;
      clearTimeout(timer);
    }
  }
}
