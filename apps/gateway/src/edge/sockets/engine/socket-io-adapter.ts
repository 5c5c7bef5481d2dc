import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { BoundedWebSockets } from './bounded-web-sockets.js';
import type { ConnectionLimits } from './connection-limits.js';
import { writeJointly } from './joint-writes.js';

type Middleware = Parameters<Server['engine']['use']>[0];

/**
 * Socket.IO whose own answers, those of long polling, carry the headers of all others (they pass by express), and
 * whose connections are counted from their first moment.
 */
export class SocketIoAdapter extends IoAdapter {
  /**
   * @param headers sets them before anything is answered
   * @param limits counts the connections
   */
  constructor(
    app: INestApplication,
    private readonly headers: Middleware,
    private readonly limits: ConnectionLimits,
  ) {
    super(app);
  }

  /** Makes the server. */
  override createIOServer(port: number, options?: ServerOptions): Server {
    const { allowRequest } = this.limits;
    const server: Server = super.createIOServer(port, {
      ...options,
      allowRequest,
      wsEngine: BoundedWebSockets,
    } as ServerOptions);
    server.engine.use(this.headers);
    this.limits.watch(server.engine);
    writeJointly(server.engine);
    return server;
  }
}
