import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import type { Request, Response } from 'express';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { SecretStore } from '../../store/secret-store.js';
import { OriginCookie } from './origin-cookie.js';

/** How many accounts one cookie holds. */
const MAX_ACCOUNTS = 5;

/**
 * The cookie of a browser that has logged in before: for each account the day of the log-in and a MAC of day and username,
 * so that the cookie contains no username. The browser gets a budget of its own for failed log-ins.
 */
@Injectable()
export class DeviceCookie implements OnModuleInit {
  private readonly cookie: OriginCookie;
  private secret: Buffer = Buffer.alloc(0);

  constructor(
    @Inject(SETTINGS) settings: GatewaySettings,
    private readonly secrets: SecretStore,
  ) {
    this.cookie = new OriginCookie('device', settings.PUBLIC_ORIGIN);
  }

  /** Loads the secret of this installation. */
  async onModuleInit(): Promise<void> {
    this.secret = await this.secrets.get('device');
  }

  /** Returns the valid entry for an account in a Cookie header, or undefined. */
  entryFor(header: string | undefined, username: string): string | undefined {
    return this.entries(header).find((entry) => this.isFor(entry, username));
  }

  /** Sets the cookie after a log-in. */
  remember(request: Request, response: Response, username: string): void {
    const others = this.entries(request.headers.cookie).filter((entry) => !this.isFor(entry, username));
    const today = Math.floor(Date.now() / 86_400_000);
    const value = [`${today}.${this.mac(username, today)}`, ...others].slice(0, MAX_ACCOUNTS).join('~');
    this.cookie.set(request, response, value, LIMITS.deviceCookieMs / 1000);
  }

  private entries(header: string | undefined): string[] {
    const value = this.cookie.read(header) ?? '';
    return value.split('~', MAX_ACCOUNTS).filter((entry) => /^\d{1,6}\.[A-Za-z0-9_-]{43}$/.test(entry));
  }

  private isFor(entry: string, username: string): boolean {
    const [day = '', mac = ''] = entry.split('.');
    const age = Date.now() - Number(day) * 86_400_000;
    if (age > LIMITS.deviceCookieMs || age < -86_400_000) return false;
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.mac(username, Number(day))));
  }

  private mac(username: string, day: number): string {
    return createHmac('sha256', this.secret)
      .update(`device/v1/${day}/${username.toLowerCase()}`)
      .digest('base64url');
  }
}
