import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const BUILT = pathToFileURL(resolve(import.meta.dirname, '../../../dist/apps/auth/libs/platform/src/')).href;

/** Runs a service that does something a moment after its start. @returns its exit code and what it has logged */
async function ended(deed: string): Promise<{ code: unknown; log: string }> {
  const script = `
    import { runService } from '${BUILT}/service/run-service.js';
    import { createLogger } from '${BUILT}/logging/service-logger.js';
    const logger = createLogger('auth', 'info');
    await runService('auth.db', async () => ({ app: { close: async () => {} }, logger, supervised: true }));
    setImmediate(() => { ${deed} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, log };
}

describe('a running service', () => {
  it.each([
    ['rejects a promise', "void Promise.reject(new Error('planted'))"],
    ['throws', "throw new Error('planted')"],
  ])('that %s where nobody handles it logs the stack and ends', async (_, deed) => {
    const { code, log } = await ended(deed);

    expect(code).toBe(1);
    const line = log.split('\n').find((text) => text.includes('the process ends')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      level: 60,
      err: { message: 'planted', stack: expect.stringContaining('planted\n    at ') as string },
    });
  });
});
