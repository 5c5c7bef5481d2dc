import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { Broadcast } from '../../conversation/live/broadcast.js';
import { Connections } from '../../conversation/live/connections.js';
import { UserSockets } from './user-sockets.js';

/** The connected sockets, which implement the conversation's `Broadcast` and `Connections`. */
@Module({
  providers: [
    UserSockets,
    { provide: Broadcast, useExisting: UserSockets },
    { provide: Connections, useExisting: UserSockets },
  ],
  exports: [UserSockets, Broadcast, Connections],
})
export class SocketsModule {
  constructor(telemetry: Telemetry, sockets: UserSockets) {
    telemetry.gauge('sockets', 'Connected sockets.', () => sockets.size);
  }
}
