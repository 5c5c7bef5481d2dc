import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ApiError } from '@app/platform';
import type { Request } from 'express';
import { SETTINGS, type GatewaySettings } from '../../../settings/config.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Returns whether an Origin header names an origin that is not the app's. Without a header it returns false. */
export function isForeignOrigin(origin: string | undefined, own: readonly string[]): boolean {
  return origin !== undefined && !own.includes(origin);
}

/** The first guard: refuses unsafe requests of other sites' pages. */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(@Inject(SETTINGS) private readonly settings: GatewaySettings) {}

  /** @throws {ApiError} ORIGIN_REFUSED */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (SAFE_METHODS.has(request.method)) return true;
    if (isForeignOrigin(request.headers.origin, this.settings.PUBLIC_ORIGIN))
      throw new ApiError('ORIGIN_REFUSED');
    // A browser that sends no Origin still sends Sec-Fetch-Site.
    if (request.headers.origin === undefined && request.headers['sec-fetch-site'] === 'cross-site')
      throw new ApiError('ORIGIN_REFUSED');
    return true;
  }
}
