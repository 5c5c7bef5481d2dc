import { SetMetadata } from '@nestjs/common';
import type { CostlyCall } from '../limits/api-rate.js';

/** The metadata key of a route's rules. */
export const RULES = 'route-rules';

/** What the guards require of a request before its body is read. */
export interface RouteRules {
  /** Needs no session. */
  readonly open?: boolean;
  /** The rate limit of the address, or `message` for the user's message rate. */
  readonly rate?: 'register' | 'login' | 'join' | 'reset' | 'message';
  /** A second rate limit beside that of all calls. */
  readonly costly?: CostlyCall;
  /** Has a large answer: `ReadGuard` limits such calls of a user. */
  readonly reads?: true;
}

/** Sets the rules of a route. Without it a route needs a session and counts against API_RATE_LIMIT. */
export function Rules(rules: RouteRules): MethodDecorator {
  return SetMetadata(RULES, rules);
}
