import { z } from 'zod';
import { SESSION_END_REASONS } from '../edge/index.js';
import { Id, Time } from './fields.js';

const OfChat = z.object({ chatId: Id, userId: Id, memberIds: z.array(Id), at: Time });

/**
 * What is said on the bus when something has happened: ids, reason codes and times only.
 * `confirmedBy` names the services that must confirm an event after their own commit; it is repeated until
 * they have. Without them an event only refreshes memory and is sent once. Who hears an event ignores properties
 * that it does not know: a newer sender may add some.
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
  'event.chat.created': { summary: 'A chat was made', payload: OfChat, from: 'chat', confirmedBy: [] },
  'event.chat.member.joined': {
    summary: 'Someone joined; memberIds has them too',
    payload: OfChat,
    from: 'chat',
    confirmedBy: [],
  },
  'event.chat.member.left': {
    summary: 'Someone left; memberIds are those who stay',
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

/** What a service answers when it has done its part of an event. */
export const Confirmation = z.strictObject({ service: z.string() }).meta({ id: 'Confirmation' });
