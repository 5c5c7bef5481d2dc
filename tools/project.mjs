// Where the project is, how commands are run in it, and how it is noticed that nothing has changed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * The folder of the project: the nearest one above that has a package.json, so that this file finds it from `dist` too.
 * @param {string} folder
 * @returns {string}
 */
const projectAbove = (folder) =>
  existsSync(join(folder, 'package.json')) || dirname(folder) === folder
    ? folder
    : projectAbove(dirname(folder));

/** The folder of the project. */
export const ROOT = projectAbove(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname));

/** Something that a person can mend; its message is the one line they read, empty when they have read it already. */
export class Unfit extends Error {
  /** @override */
  name = 'Unfit';
}

/** Arguments that a command does not take; its message ends with the usage. */
export class WrongUsage extends Unfit {}

/** The system's code for what went wrong, such as ENOENT; `unknown` where there is none. @param {unknown} error */
export const errorCode = (error) =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';

/**
 * Runs a command and shows what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] `quiet` keeps the output, and gives it when the command fails
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, options = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: options.env ?? process.env,
      stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    child.stderr?.on('data', (chunk) => (output += String(chunk)));
    child.once('error', failed);
    child.once('exit', (code, signal) => done({ code: code ?? (signal ? 1 : 0), output }));
  });
}

/**
 * The digest of files and folders, by path and content.
 * @param {readonly string[]} paths relative to the project
 * @param {RegExp} [leaveOut] paths that do not count
 * @returns {string} hex
 */
export function digestOf(paths, leaveOut = /\.spec\.ts$|\/test\/|\/node_modules\/|\/dist\/|\/\.angular\//) {
  const hash = createHash('sha256').update(process.version);
  /** @param {string} path */
  const add = (path) => {
    const full = join(ROOT, path);
    if (leaveOut.test(`/${path}/`) || leaveOut.test(path) || !existsSync(full)) return;
    if (statSync(full).isDirectory()) for (const name of readdirSync(full).toSorted()) add(`${path}/${name}`);
    else hash.update(`${path}\0`).update(readFileSync(full)).update('\0');
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

/**
 * Does work unless it was done for the same digest before and its result is still there.
 * @param {{ stamp: string, digest: string, result: string }} what `stamp` and `result` are paths relative to the project
 * @param {() => Promise<void>} work
 * @returns {Promise<boolean>} whether anything was done
 */
export async function unlessDone({ stamp, digest, result }, work) {
  const file = join(ROOT, stamp);
  if (existsSync(file) && readFileSync(file, 'utf8') === digest && existsSync(join(ROOT, result)))
    return false;
  await work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, digest);
  return true;
}

/** Reads `.env` where there is one; what the environment has already goes before it. */
export function readEnvFile() {
  const file = join(ROOT, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/**
 * Reads a command's arguments. Does nothing else: a command that is only asked for its usage makes nothing.
 * @template {Record<string, { type: 'string' | 'boolean', multiple?: boolean }>} Options
 * @param {string} usage printed for --help
 * @param {{ options?: Options, positionals?: { min: number, max: number } }} [known] `positionals` none unless told
 * @param {readonly string[]} [args]
 * @returns {{ values: { [Name in keyof Options]?: any }, positionals: string[] } | undefined} nothing, when the usage
 * was printed and there is nothing to do
 * @throws {WrongUsage} when there are other arguments
 */
export function commandLine(
  usage,
  { options, positionals: { min, max } = { min: 0, max: 0 } } = {},
  args = process.argv.slice(2),
) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      console.log(usage);
      return undefined;
    }
    if (positionals.length < min) throw new Error('something is missing');
    const unknown = positionals[max];
    if (unknown !== undefined) throw new Error(`Unexpected argument '${unknown}'`);
    return { values, positionals };
  } catch (error) {
    throw new WrongUsage(`${error instanceof Error ? error.message : 'bad arguments'}\n${usage}`);
  }
}

/**
 * Runs a program's main function. What a person can mend is one line; the exit code is 1 then, and 2 for wrong usage.
 * @param {() => Promise<number | void>} main gives the exit code
 */
export async function program(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const isFull = /^(?:ENOSPC|EDQUOT|EIO|EFBIG|EROFS)$/.test(errorCode(error));
    if (isFull)
      console.error(`secure-chat: the disk takes no more (${errorCode(error)}): make room and do it again`);
    else if (!(error instanceof Unfit)) throw error;
    else if (error.message !== '') console.error(`secure-chat: ${error.message}`);
    process.exitCode = error instanceof WrongUsage ? 2 : 1;
  }
}
