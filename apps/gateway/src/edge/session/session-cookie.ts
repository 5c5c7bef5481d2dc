import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import type { Request, Response } from 'express';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { OriginCookie } from './origin-cookie.js';

/** The cookie with the session token: `__Host-sid` over HTTPS, `sid` over plain HTTP. */
@Injectable()
export class SessionCookie {
  private readonly cookie: OriginCookie;

  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    this.cookie = new OriginCookie('sid', settings.PUBLIC_ORIGIN);
  }

  /** Returns the token in a Cookie header, or undefined. */
  read(header: string | undefined): string | undefined {
    const token = this.cookie.read(header);
    return token !== undefined && /^[A-Za-z0-9_-]{1,128}$/.test(token) ? token : undefined;
  }

  /** Sets the cookie for as long as a session can last. */
  set(request: Request, response: Response, token: string): void {
    this.cookie.set(request, response, token, LIMITS.sessionTotalMs / 1000);
  }

  /** Deletes the cookie. */
  clear(request: Request, response: Response): void {
    this.cookie.clear(request, response);
  }
}
