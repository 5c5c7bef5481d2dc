import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { FanOut } from './user-sockets.js';
import { Joins } from '../../conversation/members/joins.js';
import { LastSeen } from '../../conversation/presence/last-seen.js';

/** Who is connected, and the way to tell them something. */
@Module({ providers: [FanOut, Joins, LastSeen], exports: [FanOut, Joins, LastSeen] })
export class SocketsModule {
  constructor(telemetry: Telemetry, fanOut: FanOut) {
    telemetry.gauge('sockets', 'Connected sockets.', () => fanOut.size);
  }
}
