import { EdgeClient, Stack } from '@app/testing';
import { expect, it } from 'vitest';
import { whereTraced } from './matrix.js';
import { callsOf } from './traced.js';

whereTraced('npm run user', { timeout: 360_000 }, () => {
  it('writes no file itself: what auth has committed is whole, whatever becomes of the command', async () => {
    const stack = await Stack.start();
    try {
      await EdgeClient.signedUp(stack.url, 'alice');
      for (const args of [
        ['reset', 'alice'],
        ['sessions', 'alice', '--end'],
        ['delete', 'alice'],
      ]) {
        const env = { DATA_DIR: stack.dataDir, NATS_URL: stack.nats.url };
        expect(
          await callsOf({ args: ['tools/secure-chat.mjs', 'user', ...args], env }, stack.dataDir),
        ).toEqual([]);
      }
      const gone = await new EdgeClient(stack.url).call('POST', '/auth/login', {
        username: 'alice',
        password: EdgeClient.password,
      });
      expect(gone.body, 'the commands were carried out').toMatchObject({ code: 'INVALID_CREDENTIALS' });
    } finally {
      await stack.stop();
    }
  });
});
