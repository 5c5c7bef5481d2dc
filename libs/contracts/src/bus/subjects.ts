import type { z } from 'zod';
import { AUTH_SUBJECTS } from './auth.js';
import { CHAT_SUBJECTS } from './chat.js';
import { HEALTH_SUBJECTS } from './health.js';
import { OPERATOR_SUBJECTS } from './operator.js';

/** Every request subject with the schemas of its request and reply and the codes it can answer. */
export const SUBJECTS = {
  ...AUTH_SUBJECTS,
  ...CHAT_SUBJECTS,
  ...OPERATOR_SUBJECTS,
  ...HEALTH_SUBJECTS,
} as const;

/** A request subject. */
export type Subject = keyof typeof SUBJECTS;

/** What a caller of a subject sends (defaults may be left out). */
export type RequestInput<S extends Subject> = z.input<(typeof SUBJECTS)[S]['request']>;

/** What a handler of a subject receives, after the check. */
export type Request<S extends Subject> = z.output<(typeof SUBJECTS)[S]['request']>;

/** What a subject answers. */
export type Reply<S extends Subject> = z.output<(typeof SUBJECTS)[S]['reply']>;
