import { AUTH_SUBJECTS } from './auth.js';
import { CHAT_SUBJECTS } from './chat.js';

/**
 * The subjects by which a container's health check asks its service. They stand apart from `auth.>` and `chat.>` so that
 * the user of the health checks may ask nothing else, and no service has to ask itself.
 */
export const HEALTH_SUBJECTS = {
  'health.auth': AUTH_SUBJECTS['auth.health'],
  'health.chat': CHAT_SUBJECTS['chat.health'],
} as const;
