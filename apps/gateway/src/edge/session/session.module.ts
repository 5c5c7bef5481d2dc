import { Module } from '@nestjs/common';
import { AuthClient } from '../../services/auth.client.js';
import { DeviceCookie } from './device-cookie.js';
import { SessionCookie } from './session-cookie.js';

/** Who calls: verified sessions, names and the cookies that carry them. */
@Module({
  providers: [AuthClient, SessionCookie, DeviceCookie],
  exports: [AuthClient, SessionCookie, DeviceCookie],
})
export class AuthModule {}
