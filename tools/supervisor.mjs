// Runs a few processes as one: restarts what dies, gives up when that does not help, ends all in order.
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';

/** The exit code of a service that a bad setting ended: it has printed its line, and no restart helps. */
const EXIT_BAD_SETTING = 78;

/**
 * @typedef {object} Child what is to run
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {number} [niceness] how far it and its threads stand back where processors are scarce, 1 to 19
 * @property {boolean} [endsByPipe] it ends when its standard input closes, and is not sent a signal
 */

/** @typedef {{ spec: Child, process?: import('node:child_process').ChildProcess, deaths: number[], timer?: NodeJS.Timeout }} Running */

/**
 * Ties a program to its standard input: when that closes, it is told to end. For a program that does not watch its
 * input itself, so that nothing outlives a supervisor that was killed. Its exit code is passed on.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {{ command: string, args: string[], endsByPipe: boolean }}
 */
export function endingWithInput(program, args) {
  if (process.platform === 'win32') return { command: program, args: [...args], endsByPipe: false };
  // The watcher reads the pipe through descriptor 3: a shell gives its background jobs no standard input.
  const script =
    'exec 3<&0; "$@" 3<&- & child=$!; (cat <&3 >/dev/null; kill $child 2>/dev/null) & watcher=$!; wait $child; code=$?; kill $watcher 2>/dev/null; exit $code';
  return { command: 'sh', args: ['-c', script, 'sh', program, ...args], endsByPipe: true };
}

/**
 * Has a process that has just been started, and so the threads that it will start, stand back where processors are
 * scarce. From within it would be too late: on Linux each thread has a priority of its own, which it takes from the
 * one that starts it.
 * @param {number | undefined} pid
 * @param {number | undefined} niceness
 */
function standBack(pid, niceness) {
  if (pid === undefined || niceness === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or the system does not allow it: it runs as all others do.
  }
}

/** A small supervisor. Emits `failed` when it gives up, with one line, or with none when a child has said why itself. */
export class Supervisor extends EventEmitter {
  /** @type {Running[]} */
  #children = [];
  #ending = false;

  /**
   * @param {{ log?: (line: string) => void, output?: (name: string, line: string, from: 'stdout' | 'stderr') => void, firstDelayMs?: number, lastDelayMs?: number, maxDeaths?: number, windowMs?: number }} [options]
   *   `output` gets each line that a child prints; after `maxDeaths` deaths of one child within `windowMs` all is given up
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
    // A group of its own: the terminal's Ctrl-C reaches the supervisor alone, which keeps the order.
    const child = spawn(spec.command, spec.args, {
      env: spec.env ?? process.env,
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.process = child;
    child.stdin.on('error', () => undefined);
    standBack(child.pid, spec.niceness);
    createInterface({ input: child.stdout }).on('line', (line) =>
      this.options.output(spec.name, line, 'stdout'),
    );
    createInterface({ input: child.stderr }).on('line', (line) =>
      this.options.output(spec.name, line, 'stderr'),
    );
    child.once('error', (error) => this.#fail(`${spec.name} could not be started: ${error.message}`));
    // What the child has started itself and left behind ends by this pipe, and then its output closes too.
    child.once('exit', () => child.stdin.destroy());
    child.once('close', (code, signal) => {
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
      this.#fail('');
      return;
    }
    const { firstDelayMs, lastDelayMs, maxDeaths, windowMs } = this.options;
    // The clock that nobody sets: a jump of the other one is no early death.
    const now = performance.now();
    const how = signal ?? `exit code ${code}`;
    running.deaths = [...running.deaths.filter((at) => now - at < windowMs), now];
    if (running.deaths.length >= maxDeaths) {
      this.#fail(`${name} ended ${maxDeaths} times within ${windowMs / 1000} s (last: ${how}); giving up`);
      return;
    }
    this.options.log(`${name} ended (${how}), starting it again`);
    const delay = Math.min(firstDelayMs * 2 ** (running.deaths.length - 1), lastDelayMs);
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
    const deadline = performance.now() + limitMs;
    for (const running of this.#children) clearTimeout(running.timer);
    for (const { spec, process: child } of this.#children.toReversed()) {
      if (child?.pid === undefined) continue;
      const gone = new Promise((done) => child.once('close', done));
      if (spec.endsByPipe) child.stdin?.end();
      else child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(child), Math.max(200, deadline - performance.now()));
      await gone;
      clearTimeout(timer);
    }
  }
}

/** Kills a child with all that it has started. @param {import('node:child_process').ChildProcess} child */
function killGroup(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
