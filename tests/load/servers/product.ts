import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { startProgram } from './child.js';
import { makePairs } from './product-api.js';
import type { RunningServer, ServerUnderLoad } from './server-under-load.js';

/**
 * Starts the product with tools/start.mjs, without rate limits.
 * @param folder its DATA_DIR
 * @param environment further settings
 */
export async function startBareProduct(
  folder: string,
  environment: Record<string, string> = {},
): Promise<RunningServer> {
  const port = await freePort();
  const unlimited = { MESSAGE_RATE_LIMIT: '0', AUTH_RATE_LIMIT: '0', API_RATE_LIMIT: '0' };
  const settings = { PORT: String(port), DATA_DIR: folder, ...unlimited };
  const { line: _, ...program } = await startProgram(
    ['tools/start.mjs'],
    { ...settings, ...environment },
    (text) => text.includes('Secure Chat is ready'),
  );
  return { url: `http://127.0.0.1:${port}`, ...program };
}

/** Starts the product and creates pairs of members through its public API. */
export async function startProduct(
  folder: string,
  pairs: number,
  environment: Record<string, string> = {},
): Promise<ServerUnderLoad> {
  const running = await startBareProduct(folder, environment);
  try {
    return { name: 'product', ...running, members: await makePairs(running.url, pairs) };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** Returns a free port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
