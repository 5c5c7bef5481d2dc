import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { BoundedWebSockets } from './bounded-web-sockets.js';
import type { ConnectionLimits } from './connection-limits.js';
import { corkFlushes } from './cork-flushes.js';

type Middleware = Parameters<Server['engine']['use']>[0];

/**
 * Socket.IO with the edge's security headers on its own answers (those of long polling bypass Express), with limits on
 * connections and WebSockets.
 */
export class SocketIoAdapter extends IoAdapter {
  /**
   * @param headers the middleware that sets the security headers
   */
  constructor(
    app: INestApplication,
    private readonly headers: Middleware,
    private readonly limits: ConnectionLimits,
  ) {
    super(app);
  }

  /** Creates the server. */
  override createIOServer(port: number, options?: ServerOptions): Server {
    const { allowRequest } = this.limits;
    const server: Server = super.createIOServer(port, {
      ...options,
      allowRequest,
      wsEngine: BoundedWebSockets,
    } as ServerOptions);
    server.engine.use(this.headers);
    this.limits.watch(server.engine);
    corkFlushes(server.engine);
    return server;
  }
}
