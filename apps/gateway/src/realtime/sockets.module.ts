import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { FanOut } from './fan-out.js';
import { Joins } from './joins.js';
import { LastSeen } from './last-seen.js';

/** Who is connected, and the way to tell them something. */
@Module({ providers: [FanOut, Joins, LastSeen], exports: [FanOut, Joins, LastSeen] })
export class SocketsModule {
  constructor(telemetry: Telemetry, fanOut: FanOut) {
    telemetry.gauge('sockets', 'Connected sockets.', () => fanOut.size);
  }
}
