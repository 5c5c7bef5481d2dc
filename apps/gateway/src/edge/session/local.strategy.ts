import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { parsePayload, ApiError } from '@app/platform';
import type { Reply } from '@app/contracts/bus';
import type { Request } from 'express';
import { Strategy } from 'passport-local';
import { AddressLimits } from '../limits/address-limits.js';
import { AuthClient, sessionDigest } from '../../services/auth.client.js';
import { LoginBody } from '../schemas/auth.schemas.js';
import { DeviceCookie } from './device-cookie.js';

/** The result of a successful log-in. */
export type SignedIn = Reply<'auth.login'>;

/** Returns the first 256 characters of the User-Agent header, or null without one. */
export function userAgentOf(request: Request): string | null {
  return request.headers['user-agent']?.slice(0, 256) ?? null;
}

/** Validates the body before `LocalGuard`, which would answer a missing field with INVALID_CREDENTIALS. */
@Injectable()
export class LoginBodyGuard implements CanActivate {
  /** @throws {ApiError} VALIDATION_FAILED */
  canActivate(context: ExecutionContext): boolean {
    parsePayload(LoginBody, context.switchToHttp().getRequest<Request>().body);
    return true;
  }
}

/** Passport's strategy for username and password: verifies them with auth. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  constructor(
    private readonly auth: AuthClient,
    private readonly limits: AddressLimits,
    private readonly devices: DeviceCookie,
  ) {
    super({ passReqToCallback: true, session: false });
  }

  /**
   * Logs in. Passport calls it with the fields of the body.
   * @throws {ApiError} INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  async validate(request: Request, username: string, password: string): Promise<SignedIn> {
    const device = this.devices.entryFor(request.headers.cookie, username);
    this.limits.requireBudget(username, device);
    let signedIn: SignedIn;
    try {
      signedIn = await this.auth.login(username, password, userAgentOf(request));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'INVALID_CREDENTIALS')
        this.limits.countFailure(username, device);
      throw error;
    }
    try {
      // Parallel attempts may have used up the budget: a correct password must then get the same answer as a wrong one.
      this.limits.requireBudget(username, device);
    } catch (error) {
      await this.auth.logout(sessionDigest(signedIn.session.token));
      throw error;
    }
    this.limits.refund('login', request);
    return signedIn;
  }
}

/** Runs the strategy, and rethrows its errors unchanged. */
@Injectable()
export class LocalGuard extends AuthGuard('local') {
  /** @throws {ApiError} the strategy's error, or INVALID_CREDENTIALS for an empty username or password */
  override handleRequest<T>(error: unknown, user: T): T {
    if (error !== null && error !== undefined) throw error;
    if (!user) throw new ApiError('INVALID_CREDENTIALS');
    return user;
  }
}
