import { program, readEnvFile, WrongUsage } from '../project.mjs';
import { argumentsOf, type Command } from './command.js';

/** Loads the commands by name: what one needs, the container of another one need not have. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['audit', async () => (await import('./audit/command.js')).auditCommand],
  ['backup', async () => (await import('./backup/command.js')).backup],
  ['restore', async () => (await import('./restore/command.js')).restore],
  ['keys-rotate', async () => (await import('./keys-rotate/command.js')).keysRotate],
  ['nats-rotate', async () => (await import('./nats-rotate/command.js')).natsRotate],
  ['user', async () => (await import('./user/command.js')).user],
]);

const USAGE = `secure-chat COMMAND [ARGUMENT]...
  backup       copies databases and keys, also while Secure Chat runs
  restore      puts a backup into an empty DATA_DIR, without what was erased since
  audit        checks that disk, bus and logs hold no secret, and that deleted means gone
  keys-rotate  wraps every chat's key under a new master key
  nats-rotate  gives the services new keys for the bus
  user         resets passwords, lists and ends sessions, deletes accounts

secure-chat COMMAND --help describes a command. Exit codes: 0 done, 1 failed, 2 wrong usage.
With npm: npm run backup -- ARGUMENT..., and likewise restore, audit, keys:rotate, nats:rotate and user.`;

await program(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === '--help' || name === '-h') return console.log(USAGE);
  const load = COMMANDS.get(name);
  if (!load)
    throw new WrongUsage(`${name === '' ? 'which command?' : `there is no command ${name}`}\n${USAGE}`);
  const command = await load();
  const given = argumentsOf(command, args);
  if (!given) return console.log(command.usage);
  readEnvFile();
  return command.run(given);
});
// What a command leaves open, such as a pipe that it has not read to its end, does not keep the process.
process.exit();
