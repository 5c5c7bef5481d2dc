// Runs several processes as one: restarts those that exit, gives up after repeated exits, stops all in order.
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';

/** The exit code of a service with an invalid setting: it has printed the error, and a restart would not help. */
const EXIT_BAD_SETTING = 78;

/**
 * @typedef {object} Child a process to run
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {number} [niceness] lowers the priority of the process and its threads, 1 to 19
 * @property {boolean} [endsByPipe] stop it by closing its standard input, not by a signal
 */

/** @typedef {{ spec: Child, process?: import('node:child_process').ChildProcess, deaths: number[], timer?: NodeJS.Timeout }} Running */

/**
 * Returns a command that runs a program and terminates it when its own standard input closes. Use it for a program that
 * does not watch its standard input, so that it does not outlive a killed supervisor. The command exits with the
 * program's code.
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
 * Lowers the priority of a process that was just started, and of the threads that it will start. The process cannot do
 * this itself later: on Linux each thread has its own priority, which it inherits from the thread that starts it.
 * @param {number | undefined} pid
 * @param {number | undefined} niceness
 */
function lowerPriority(pid, niceness) {
  if (pid === undefined || niceness === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It has exited already, or the system does not allow it: it runs at normal priority.
  }
}

/**
 * A small supervisor. When it gives up, it emits `failed` with an error line, or '' if the child has printed the error.
 */
export class Supervisor extends EventEmitter {
  /** @type {Running[]} */
  #children = [];
  #ending = false;

  /**
   * @param {{ log?: (line: string) => void, output?: (name: string, line: string, from: 'stdout' | 'stderr') => void,
   * firstDelayMs?: number, lastDelayMs?: number, maxDeaths?: number, windowMs?: number }} [options] `output` receives
   * each line that a child prints; the supervisor gives up after `maxDeaths` exits of one child within `windowMs`
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

  /** Returns the process id of a running child. @param {string} name */
  pid(name) {
    return this.#children.find(({ spec }) => spec.name === name)?.process?.pid;
  }

  /** @param {Running} running */
  #spawn(running) {
    const { spec } = running;
    // Its own process group: Ctrl-C in the terminal reaches only the supervisor, which stops the children in order.
    const child = spawn(spec.command, spec.args, {
      env: spec.env ?? process.env,
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.process = child;
    child.stdin.on('error', () => undefined);
    lowerPriority(child.pid, spec.niceness);
    createInterface({ input: child.stdout }).on('line', (line) =>
      this.options.output(spec.name, line, 'stdout'),
    );
    createInterface({ input: child.stderr }).on('line', (line) =>
      this.options.output(spec.name, line, 'stderr'),
    );
    child.once('error', (error) => this.#fail(`${spec.name} cannot be started: ${error.message}`));
    // Closing this pipe also ends processes that the child has left behind; then its output closes.
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
    // A monotonic clock: a jump of the system clock must not look like repeated exits.
    const now = performance.now();
    const how = signal ?? `exit code ${code}`;
    running.deaths = [...running.deaths.filter((at) => now - at < windowMs), now];
    if (running.deaths.length >= maxDeaths) {
      this.#fail(`${name} exited ${maxDeaths} times within ${windowMs / 1000} s (last: ${how}); giving up`);
      return;
    }
    this.options.log(`${name} exited (${how}); restarting it`);
    const delay = Math.min(firstDelayMs * 2 ** (running.deaths.length - 1), lastDelayMs);
    running.timer = setTimeout(() => this.#spawn(running), delay);
  }

  /** @param {string} line */
  #fail(line) {
    if (!this.#ending) this.emit('failed', line);
  }

  /**
   * Stops the children one after the other, the last started first. Kills those that are still running at the deadline.
   * @param {number} [limitMs] the time for all of them together
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

/** Kills a child and its process group. @param {import('node:child_process').ChildProcess} child */
function killGroup(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has exited meanwhile.
  }
}
