import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Response } from 'express';
import { isHttps, SETTINGS, type GatewaySettings } from '../config.js';

/** The cookie that holds a session's token: `__Host-sid` over HTTPS, `sid` over plain HTTP. */
@Injectable()
export class SessionCookie {
  private readonly secure: boolean;
  readonly name: string;

  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    this.secure = isHttps(settings);
    this.name = this.secure ? '__Host-sid' : 'sid';
  }

  /** The token in a Cookie header, if it has one. */
  read(header: string | undefined): string | undefined {
    const token = readCookie(header, this.name);
    return token !== undefined && /^[A-Za-z0-9_-]{1,128}$/.test(token) ? token : undefined;
  }

  /** Hands a token to the browser for as long as a session can last. */
  set(response: Response, token: string): void {
    response.append('Set-Cookie', this.serialize(token, LIMITS.sessionTotalMs / 1000));
  }

  /** Takes the token back. */
  clear(response: Response): void {
    response.append('Set-Cookie', this.serialize('', 0));
  }

  private serialize(value: string, maxAge: number): string {
    return stringifySetCookie({ name: this.name, value, maxAge, ...cookieRules(this.secure) });
  }
}

/** The value of one cookie of a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  return header === undefined ? undefined : parseCookie(header)[name];
}

/** What every cookie of this app is bound by. */
export function cookieRules(secure: boolean): {
  httpOnly: true;
  sameSite: 'strict';
  path: '/';
  secure: boolean;
} {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure };
}
