// Runs once before the services: a key pair per service for the bus, each in a volume that only this service mounts,
// and the bus server's configuration with the public halves; for the server a certificate, and for each service that of
// the authority that vouches for it. What is there is kept, unless it is called with `renew`.
import { chmodSync, chownSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discardDrafts, writeDurably } from '../../libs/platform/src/files/durable-files.mjs';
import { missingDatabaseProblem } from '../databases.mjs';
import { busCertificates } from '../nats/certificates.mjs';
import { publicKeyOf } from '../nats/installation.mjs';
import { SERVICES, serverConfig, withoutTap } from '../nats/permissions.mjs';
import { commandLine, program, Unfit, WrongUsage } from '../project.mjs';

/** The user `node` of the images, which the services run as; nats-server runs as the same number. */
const OWNER = 1000;
/** Where the volumes are mounted. */
const VOLUMES = process.env['VOLUMES']?.trim() || '/volumes';
const USAGE = `node tools/docker/setup.mjs [renew]
  makes what is missing of the bus's keys and certificates; renew makes new ones`;

/** @param {string} path @param {number} mode */
function handOver(path, mode) {
  chownSync(path, OWNER, OWNER);
  chmodSync(path, mode);
}

/**
 * Goes on as the user of the volumes, who alone may open the databases: to open one makes files beside it.
 * @throws {Unfit} when one of them is lost
 */
function requireDatabases() {
  process.setgroups?.([OWNER]);
  process.setgid?.(OWNER);
  process.setuid?.(OWNER);
  const problem = missingDatabaseProblem({
    auth: join(VOLUMES, 'auth-data'),
    chat: join(VOLUMES, 'chat-data'),
    gateway: join(VOLUMES, 'gateway-data'),
  });
  if (problem !== undefined) throw new Unfit(problem);
}

/** @param {boolean} renew */
async function setUp(renew) {
  const bus = join(VOLUMES, 'nats');
  const tls = {
    authority: join(bus, 'authority.pem'),
    certificate: join(bus, 'server.pem'),
    key: join(bus, 'server.key'),
  };
  // The name of the server in the services' networks, and for a look from within its own container.
  await busCertificates(tls, ['nats', 'localhost', '127.0.0.1'], { renew });

  const publicKeys = /** @type {Record<import('../nats/permissions.mjs').User, string>} */ ({});
  for (const name of SERVICES) {
    const folder = join(VOLUMES, name);
    const seed = join(folder, 'bus.nk');
    publicKeys[name] = await publicKeyOf(seed, renew);
    handOver(seed, 0o400);
    const authority = join(folder, 'bus-authority.pem');
    discardDrafts(authority);
    writeDurably(authority, readFileSync(tls.authority, 'utf8'));
    handOver(authority, 0o400);
    handOver(folder, 0o700);
  }
  // The operator's lies beside that of auth, which answers it: secure-chat user runs in auth's container.
  const operatorSeed = join(VOLUMES, 'auth', 'operator.nk');
  publicKeys.operator = await publicKeyOf(operatorSeed, renew);
  handOver(operatorSeed, 0o400);
  // The health check of auth and of chat runs in the service's container, where it may ask no more than whether it answers.
  const healthSeed = join(VOLUMES, 'auth', 'health.nk');
  publicKeys.health = await publicKeyOf(healthSeed, renew);
  discardDrafts(join(VOLUMES, 'chat', 'health.nk'));
  writeDurably(join(VOLUMES, 'chat', 'health.nk'), readFileSync(healthSeed, 'utf8'));
  for (const name of ['auth', 'chat']) handOver(join(VOLUMES, name, 'health.nk'), 0o400);
  const config = join(bus, 'nats.conf');
  /** The files as the bus server sees them. */
  const SEEN = { certificate: '/config/server.pem', key: '/config/server.key' };
  // Its health is asked for within its own container alone.
  const text = serverConfig({ host: '0.0.0.0', port: 4222, monitorPort: 8222, publicKeys, tls: SEEN });
  // One that differs by the user of an audit alone is left: an audit is under way, or was killed, which the next one tells.
  discardDrafts(config);
  if (!existsSync(config) || withoutTap(readFileSync(config, 'utf8')) !== text) writeDurably(config, text);
  handOver(config, 0o400);
  for (const file of Object.values(tls)) handOver(file, 0o400);
  handOver(bus, 0o700);
  for (const name of ['auth-data', 'chat-data', 'chat-keys', 'gateway-data', 'certificates'])
    if (existsSync(join(VOLUMES, name))) handOver(join(VOLUMES, name), 0o700);
}

await program(async () => {
  const given = commandLine(USAGE, { positionals: { min: 0, max: 1 } });
  if (given === undefined) return;
  const [what] = given.positionals;
  if (what !== undefined && what !== 'renew') throw new WrongUsage(`there is no ${what}\n${USAGE}`);
  await setUp(what === 'renew');
  requireDatabases();
  console.log('the bus has its users');
});
