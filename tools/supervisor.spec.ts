import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually, temporaryFolder } from '@app/testing';
import { afterEach, expect, test } from 'vitest';
import { endingWithInput, Supervisor } from './supervisor.mjs';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function aFolder(): string {
  const { path, remove } = temporaryFolder();
  cleanups.push(remove);
  return path;
}

type Options = ConstructorParameters<typeof Supervisor>[0];

function aSupervisor(options: Options = {}): { supervisor: Supervisor; log: string[]; output: string[] } {
  const log: string[] = [];
  const output: string[] = [];
  const supervisor = new Supervisor({
    log: (line) => log.push(line),
    output: (name, line) => output.push(`${name}: ${line}`),
    firstDelayMs: 5,
    lastDelayMs: 20,
    ...options,
  });
  cleanups.push(() => supervisor.end(1_000));
  return { supervisor, log, output };
}

/** A child that runs a line of JavaScript. */
function node(name: string, code: string): { name: string; command: string; args: string[] } {
  return { name, command: process.execPath, args: ['-e', code] };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const WAITS = "process.stdin.resume().on('end', () => process.exit()); console.log('up', process.pid)";

/** The niceness of each thread of a process; of the process where threads have none of their own. */
function nicenesses(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [getPriority(pid)];
  // The 19th field; the second is a name in brackets, which may hold spaces.
  return readdirSync(tasks).map((task) =>
    Number(
      readFileSync(join(tasks, task, 'stat'), 'utf8')
        .split(') ')
        .at(-1)
        ?.split(' ')[16],
    ),
  );
}

test('a child with a niceness stands back with all the threads that hash its passwords', async () => {
  const { supervisor, output } = aSupervisor();
  const hashes = `require('node:crypto').pbkdf2('', '', 1, 1, 'sha256', () => console.log('hashed'));`;
  supervisor.start({ ...node('quiet', hashes + WAITS), niceness: 10 });
  supervisor.start(node('plain', hashes + WAITS));
  await eventually(() => output.filter((line) => line.includes('hashed')).length === 2, 'both have hashed');

  const main = (name: string): number => getPriority(supervisor.pid(name) ?? 0);
  expect([main('quiet'), main('plain')]).toEqual([10, getPriority()]);
  const threads = nicenesses(supervisor.pid('quiet') ?? 0);
  // V8 may have started threads of its own before; those of the pool, four of them, come later.
  expect(threads.filter((niceness) => niceness === 10).length).toBeGreaterThanOrEqual(
    Math.min(5, threads.length),
  );
});

test('a child that is killed is started again, and says so', async () => {
  const { supervisor, log, output } = aSupervisor();
  supervisor.start(node('one', WAITS));
  await eventually(() => output.length === 1, 'the child is up');
  const first = supervisor.pid('one') ?? 0;

  process.kill(first, 'SIGKILL');

  await eventually(() => output.length === 2, 'the child is up again');
  expect(supervisor.pid('one')).not.toBe(first);
  expect(log).toEqual(['one exited (SIGKILL); restarting it']);
});

test('a program under the input wrapper that is killed is started again', async () => {
  const { supervisor, log, output } = aSupervisor();
  supervisor.start({
    name: 'tied',
    ...endingWithInput(process.execPath, [
      '-e',
      WAITS.replace('process.stdin.resume()', 'setInterval(() => {}, 1e6) && process.stdin'),
    ]),
  });
  const [line = ''] = await eventually(() => output.length === 1 && output, 'the program is up');

  process.kill(Number(line.split(' ').at(-1)), 'SIGKILL');

  await eventually(() => output.filter((one) => one.startsWith('tied: up')).length === 2, 'it is up again');
  expect(log).toEqual(['tied exited (exit code 137); restarting it']);
});

test('a child that keeps dying is given up with one line that names it and how it died', async () => {
  const { supervisor, log } = aSupervisor({ maxDeaths: 3, windowMs: 30_000 });
  const failed = once(supervisor, 'failed');

  supervisor.start(node('broken', 'process.exit(7)'));

  expect(await failed).toEqual(['broken exited 3 times within 30 s (last: exit code 7); giving up']);
  expect(log).toHaveLength(2);
});

test('a child that refuses its settings is not started again, and its own line is the only one', async () => {
  const { supervisor, log, output } = aSupervisor();
  const failed = once(supervisor, 'failed');

  supervisor.start(node('picky', "console.error('PORT must be a number'); process.exitCode = 78"));

  expect(await failed).toEqual(['']);
  expect(output).toEqual(['picky: PORT must be a number']);
  expect(log).toEqual([]);
});

test('a program that cannot be started is reported at once', async () => {
  const { supervisor } = aSupervisor();
  const failed = once(supervisor, 'failed');

  supervisor.start({ name: 'nowhere', command: join(aFolder(), 'nothing'), args: [] });

  expect(String((await failed)[0])).toMatch(/^nowhere cannot be started: /);
});

test('all end in order, the last started first, each before the next', async () => {
  const file = join(aFolder(), 'order');
  const { supervisor, output } = aSupervisor();
  const code = (name: string): string =>
    `process.on('SIGTERM', () => setTimeout(() => { require('node:fs').appendFileSync(${JSON.stringify(file)}, '${name} '); process.exit() }, 30)); setInterval(() => {}, 1e6); console.log('up')`;
  for (const name of ['bus', 'auth', 'edge']) supervisor.start(node(name, code(name)));
  await eventually(() => output.length === 3, 'all are up');

  await supervisor.end();

  expect(readFileSync(file, 'utf8')).toBe('edge auth bus ');
});

test('a child that does not end in time is killed, with what it has started', async () => {
  const { supervisor, output } = aSupervisor();
  supervisor.start({
    name: 'deaf',
    command: 'sh',
    args: ['-c', 'trap "" TERM; sleep 600 & echo $! $$; while :; do wait; done'],
  });
  const [line = ''] = await eventually(() => output.length === 1 && output, 'the child is up');

  await supervisor.end(100);

  for (const pid of line.split(' ').slice(1).map(Number))
    await eventually(() => !lives(pid), `process ${pid} is gone`);
});

test('nothing stays behind when the supervisor is killed with SIGKILL', async () => {
  const folder = aFolder();
  const script = join(folder, 'main.mjs');
  const pids = join(folder, 'pids');
  writeFileSync(
    script,
    `import { appendFileSync } from 'node:fs';
     import { endingWithInput, Supervisor } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'supervisor.mjs')).href)};
     const supervisor = new Supervisor();
     supervisor.start({ name: 'tied', ...endingWithInput('sh', ['-c', 'echo $$ >> ${pids}; exec sleep 600']) });
     supervisor.start({ name: 'watching', command: 'sh', args: ['-c', 'echo $$ >> ${pids}; cat'] });
     appendFileSync(${JSON.stringify(pids)}, [supervisor.pid('tied'), supervisor.pid('watching'), ''].join('\\n'));`,
  );
  const main = spawn(process.execPath, [script], { stdio: 'ignore' });
  const known = await eventually(() => {
    const lines = existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : [];
    return lines.length === 4 && lines;
  }, 'both children are up');
  expect(known.every(lives)).toBe(true);

  main.kill('SIGKILL');

  for (const pid of known) await eventually(() => !lives(pid), `process ${pid} is gone`);
});
