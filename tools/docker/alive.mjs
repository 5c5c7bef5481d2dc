// The health check of a container: the service answers where it answers others.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';

const [service = ''] = process.argv.slice(2);
const LIMIT_MS = 3_000;

/** Asks a service over the bus how it is, under the user of health checks, whose key lies beside the service's. */
async function asksBus() {
  const seed = readFileSync(join(dirname(process.env['NATS_CREDS_FILE'] ?? ''), 'health.nk'));
  const bus = await connect({
    servers: process.env['NATS_URL'] ?? '',
    authenticator: nkeyAuthenticator(new Uint8Array(seed)),
    tls: { caFile: process.env['NATS_CA_FILE'] ?? '' },
    inboxPrefix: '_INBOX_health.health',
    timeout: LIMIT_MS,
    reconnect: false,
  });
  const { data } = (await bus.request(`health.${service}`, '{}', { timeout: LIMIT_MS })).json();
  if (data?.service !== service) throw new Error(`${service} does not say that it is well`);
  await bus.close();
}

/** Asks the gateway whether all is ready. */
async function asksEdge() {
  const port = process.env['PORT'] ?? '5000';
  const { status } = await fetch(`http://127.0.0.1:${port}/health/ready`, {
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (status !== 200) throw new Error(`ready answers ${status}`);
}

await (service === 'gateway' ? asksEdge() : asksBus());
process.exit();
