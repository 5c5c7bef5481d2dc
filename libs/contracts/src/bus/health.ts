import { AUTH_SUBJECTS } from './auth.js';
import { CHAT_SUBJECTS } from './chat.js';

/**
 * The subjects of the containers' health checks. They are not under `auth.>` and `chat.>`, so that the NATS user of the
 * health checks has no other permission, and no service needs permission to call itself.
 */
export const HEALTH_SUBJECTS = {
  'health.auth': AUTH_SUBJECTS['auth.health'],
  'health.chat': CHAT_SUBJECTS['chat.health'],
} as const;
