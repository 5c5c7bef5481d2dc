import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';

type Middleware = Parameters<Server['engine']['use']>[0];

/** Socket.IO whose own answers, those of long polling, carry the headers of all others: they pass by express. */
export class SocketIoAdapter extends IoAdapter {
  /** @param headers sets them before anything is answered */
  constructor(
    app: INestApplication,
    private readonly headers: Middleware,
  ) {
    super(app);
  }

  /** Makes the server. */
  override createIOServer(port: number, options?: ServerOptions): Server {
    const server: Server = super.createIOServer(port, options);
    server.engine.use(this.headers);
    return server;
  }
}
