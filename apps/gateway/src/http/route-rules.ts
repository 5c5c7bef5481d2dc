import { SetMetadata } from '@nestjs/common';

/** The key of a route's rules in its metadata. */
export const RULES = 'route-rules';

/** What is asked of a request before its body is read. */
export interface RouteRules {
  /** No session is needed. */
  readonly open?: boolean;
  /** What is counted per address, or `message` for the user's message rate. */
  readonly rate?: 'register' | 'login' | 'join' | 'reset' | 'message';
}

/** Sets the rules of a route; without it a session is needed and nothing is counted. */
export function Rules(rules: RouteRules): MethodDecorator {
  return SetMetadata(RULES, rules);
}
