import { Module } from '@nestjs/common';
import { FanOut } from './fan-out.js';
import { LastSeen } from './last-seen.js';

/** Who is connected, and the way to tell them something. */
@Module({ providers: [FanOut, LastSeen], exports: [FanOut, LastSeen] })
export class SocketsModule {}
