// Runs once before the services: a key pair per service for the bus, each in a volume that only this service mounts,
// and the bus server's configuration with the public halves. What is there is kept.
import { chmodSync, chownSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyOf } from '../nats/installation.mjs';
import { SERVICES, serverConfig } from '../nats/permissions.mjs';

/** The user `node` of the images, which the services run as; nats-server runs as the same number. */
const OWNER = 1000;
const VOLUMES = '/volumes';

/** @param {string} path @param {number} mode */
function handOver(path, mode) {
  chownSync(path, OWNER, OWNER);
  chmodSync(path, mode);
}

const publicKeys = /** @type {Record<import('../nats/permissions.mjs').User, string>} */ ({});
for (const name of SERVICES) {
  const folder = join(VOLUMES, name);
  const seed = join(folder, 'bus.nk');
  publicKeys[name] = await publicKeyOf(seed);
  handOver(seed, 0o400);
  handOver(folder, 0o700);
}
// The operator's lies beside that of auth, which answers it: tools/user.mjs runs in auth's container.
const operatorSeed = join(VOLUMES, 'auth', 'operator.nk');
publicKeys.operator = await publicKeyOf(operatorSeed);
handOver(operatorSeed, 0o400);
const config = join(VOLUMES, 'nats', 'nats.conf');
// Its health is asked for within its own container alone.
const text = serverConfig({ host: '0.0.0.0', port: 4222, monitorPort: 8222, publicKeys });
writeFileSync(`${config}.new`, text, { mode: 0o400 });
renameSync(`${config}.new`, config);
handOver(config, 0o400);
handOver(join(VOLUMES, 'nats'), 0o700);
for (const name of ['auth-data', 'chat-data', 'chat-keys', 'gateway-data', 'certificates'])
  if (existsSync(join(VOLUMES, name))) handOver(join(VOLUMES, name), 0o700);
console.log('the bus has its users');
