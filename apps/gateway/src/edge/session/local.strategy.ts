import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { parsePayload, Refusal } from '@app/platform';
import type { Reply } from '@app/contracts/bus';
import type { Request } from 'express';
import { Strategy } from 'passport-local';
import { AddressLimits } from '../limits/address-limits.js';
import { AuthClient, sessionDigest } from '../../services/auth.client.js';
import { LoginBody } from '../schemas/auth.schemas.js';
import { DeviceCookie } from './device-cookie.js';

/** What a successful log-in gives. */
export type SignedIn = Reply<'auth.login'>;

/** What a browser says of itself, cut to what is kept. */
export function userAgentOf(request: Request): string | null {
  return request.headers['user-agent']?.slice(0, 256) ?? null;
}

/** Before the log-in's strategy, which would call a body without its fields a wrong credential. */
@Injectable()
export class LoginBodyGuard implements CanActivate {
  /** @throws {Refusal} VALIDATION_FAILED */
  canActivate(context: ExecutionContext): boolean {
    parsePayload(LoginBody, context.switchToHttp().getRequest<Request>().body);
    return true;
  }
}

/** Checks a name and password by asking auth. */
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
   * Passport's question.
   * @throws {Refusal} INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  async validate(request: Request, username: string, password: string): Promise<SignedIn> {
    const device = this.devices.entryFor(request.headers.cookie, username);
    this.limits.requireBudget(username, device);
    let signedIn: SignedIn;
    try {
      signedIn = await this.auth.login(username, password, userAgentOf(request));
    } catch (error) {
      if (error instanceof Refusal && error.code === 'INVALID_CREDENTIALS')
        this.limits.countFailure(username, device);
      throw error;
    }
    try {
      // Others may have used up the budget meanwhile: then a right password learns no more than a wrong one.
      this.limits.requireBudget(username, device);
    } catch (error) {
      await this.auth.logout(sessionDigest(signedIn.session.token));
      throw error;
    }
    this.limits.giveBack('login', request);
    return signedIn;
  }
}

/** Runs the strategy; its own refusals pass as they are. */
@Injectable()
export class LocalGuard extends AuthGuard('local') {
  /** @throws {Refusal} what the strategy refused, INVALID_CREDENTIALS for an empty name or password */
  override handleRequest<T>(error: unknown, user: T): T {
    if (error !== null && error !== undefined) throw error;
    if (!user) throw new Refusal('INVALID_CREDENTIALS');
    return user;
  }
}
