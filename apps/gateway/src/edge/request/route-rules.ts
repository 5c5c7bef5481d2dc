import { SetMetadata } from '@nestjs/common';
import type { CostlyCall } from '../limits/api-rate.js';

/** The key of a route's rules in its metadata. */
export const RULES = 'route-rules';

/** What is asked of a request before its body is read. */
export interface RouteRules {
  /** No session is needed. */
  readonly open?: boolean;
  /** What is counted per address, or `message` for the user's message rate. */
  readonly rate?: 'register' | 'login' | 'join' | 'reset' | 'message';
  /** What counts at a rate of its own too, beside that of all calls. */
  readonly costly?: CostlyCall;
  /** It reads much: at most 8 such calls of a user are served at the same time. */
  readonly reads?: true;
}

/** Sets the rules of a route; without it a session is needed and the call counts at API_RATE_LIMIT. */
export function Rules(rules: RouteRules): MethodDecorator {
  return SetMetadata(RULES, rules);
}
