import { z } from 'zod';
import { SESSION_END_REASONS } from '../edge/index.js';
import { Id, Time } from './fields.js';

const OfChat = z.object({ chatId: Id, userId: Id, memberIds: z.array(Id), at: Time });

/**
 * The events on the bus. They contain only ids, reason codes and times. `confirmedBy` names the services that must
 * confirm an event after their own commit; the publisher repeats it until they have. An event without them only updates
 * caches and is published once. Subscribers ignore unknown properties, because a newer publisher may add some.
 */
export const EVENTS = {
  'event.user.deleted': {
    summary: 'An account was deleted',
    payload: z.object({ userId: Id, at: Time }),
    from: 'auth',
    confirmedBy: ['chat', 'gateway'],
  },
  'event.session.ended': {
    summary: 'A session has ended',
    payload: z.object({ userId: Id, sessionId: Id, reason: z.enum(SESSION_END_REASONS), at: Time }),
    from: 'auth',
    confirmedBy: [],
  },
  'event.chat.created': { summary: 'A chat was created', payload: OfChat, from: 'chat', confirmedBy: [] },
  'event.chat.member.joined': {
    summary: 'A user joined; memberIds includes them',
    payload: OfChat,
    from: 'chat',
    confirmedBy: [],
  },
  'event.chat.member.left': {
    summary: 'A user left; memberIds are the remaining members',
    payload: OfChat,
    from: 'chat',
    confirmedBy: [],
  },
  'event.chat.updated': { summary: 'A chat was renamed', payload: OfChat, from: 'chat', confirmedBy: [] },
  'event.chat.deleted': {
    summary: 'A chat was deleted; memberIds were its members',
    payload: OfChat,
    from: 'chat',
    confirmedBy: ['gateway'],
  },
} as const;

/** The subject of an event. */
export type EventSubject = keyof typeof EVENTS;

/** The payload of an event. */
export type EventPayload<S extends EventSubject> = z.output<(typeof EVENTS)[S]['payload']>;

/** The reply of a service that has processed an event. */
export const Confirmation = z.strictObject({ service: z.string() }).meta({ id: 'Confirmation' });
