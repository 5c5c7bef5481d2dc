import type { z } from 'zod';
import { AUTH_SUBJECTS } from './auth.js';
import { CHAT_SUBJECTS } from './chat.js';
import { HEALTH_SUBJECTS } from './health.js';
import { OPERATOR_SUBJECTS } from './operator.js';

/** Every request subject with the schemas of its request and reply, and its error codes. */
export const SUBJECTS = {
  ...AUTH_SUBJECTS,
  ...CHAT_SUBJECTS,
  ...OPERATOR_SUBJECTS,
  ...HEALTH_SUBJECTS,
} as const;

/** A request subject. */
export type Subject = keyof typeof SUBJECTS;

/** A request as the caller sends it (fields with defaults are optional). */
export type RequestInput<S extends Subject> = z.input<(typeof SUBJECTS)[S]['request']>;

/** A request as the handler receives it, validated. */
export type Request<S extends Subject> = z.output<(typeof SUBJECTS)[S]['request']>;

/** The reply to a subject. */
export type Reply<S extends Subject> = z.output<(typeof SUBJECTS)[S]['reply']>;
