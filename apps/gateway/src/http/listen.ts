import { once } from 'node:events';
import { createServer, type Server as TcpServer } from 'node:net';
import type { Server } from 'node:http';
import { errorCode, SettingError } from '@app/platform';

/**
 * Binds the public port. `localhost` is 127.0.0.1, and ::1 where there is IPv6, by a second listener of the same server.
 * @returns what closes the second listener
 * @throws {SettingError} when the address is in use or cannot be bound
 */
export async function listen(server: Server, host: string, port: number): Promise<() => void> {
  await bind(server, host === 'localhost' ? '127.0.0.1' : host, port);
  if (host !== 'localhost') return () => undefined;
  const second = createServer((socket) => server.emit('connection', socket));
  try {
    await bind(second, '::1', port);
  } catch (error) {
    if (error instanceof SettingError && error.message.includes('EADDRINUSE')) throw error;
    return () => undefined;
  }
  return () => second.close();
}

async function bind(server: TcpServer, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EADDRINUSE')
      throw new SettingError(`PORT ${port} is in use (EADDRINUSE): try PORT=${port + 1} npm start`);
    throw new SettingError(`HOST or PORT cannot be bound (${code})`);
  }
}
