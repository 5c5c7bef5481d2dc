import type { ServiceName } from '@app/testing';

/** A moment in an erasure at which a service dies: right after the last of these deeds, as `planted/doom.mjs` tells them. */
export interface Step {
  readonly service: ServiceName;
  readonly name: string;
  /** Regular expressions, met one after the other. */
  readonly deeds: readonly string[];
  /** How many messages the chat has, where it matters. */
  readonly messages?: number;
  /** Whether the short run has it. */
  readonly short?: true;
}

/** More than the first turn of a wipe takes in a gateway that has just started. */
const TWO_TURNS = 250;

/** What chat does to destroy a chat, whoever asks. */
const DESTROYING: readonly Step[] = [
  { service: 'chat', name: 'before its commit', deeds: ['^INSERT INTO outbox'] },
  { service: 'chat', name: 'after its commit', deeds: ['^INSERT INTO outbox', '^COMMIT'], short: true },
  { service: 'chat', name: 'after the rewrite, before the log is truncated', deeds: ['^VACUUM'] },
  { service: 'chat', name: 'after the scrub', deeds: ['^VACUUM', 'wal_checkpoint'] },
  { service: 'chat', name: 'after its line in the ledger', deeds: ['^noted chat'] },
  {
    service: 'chat',
    name: 'after the scrub is noted, before the answer',
    deeds: ['^UPDATE erasures SET scrubbed', '^COMMIT'],
  },
  { service: 'chat', name: 'before the event is published', deeds: ['^tells event.chat.deleted'] },
  {
    service: 'chat',
    name: 'after the gateway has confirmed',
    deeds: ['^told event.chat.deleted'],
    short: true,
  },
  { service: 'chat', name: 'while the confirmation is noted', deeds: ['^DELETE FROM outbox'] },
  {
    service: 'chat',
    name: 'after the confirmation is noted',
    deeds: ['^DELETE FROM outbox', '^COMMIT'],
  },
];

/** What the gateway does once chat has destroyed a chat. */
const WIPING: readonly Step[] = [
  {
    service: 'gateway',
    name: 'after it has noted that it begins',
    deeds: ['^INSERT OR IGNORE INTO erasures', '^COMMIT'],
  },
  {
    service: 'gateway',
    name: 'in the midst of a turn',
    deeds: ['^UPDATE messages SET sealed'],
    short: true,
  },
  {
    service: 'gateway',
    name: 'between two turns',
    deeds: ['^UPDATE messages SET sealed', '^COMMIT'],
    messages: TWO_TURNS,
    short: true,
  },
  { service: 'gateway', name: 'after the wipe', deeds: ['^DELETE FROM heads', '^COMMIT'] },
  {
    service: 'gateway',
    name: 'after the rewrite, before the log is truncated',
    deeds: ['^DELETE FROM heads', '^VACUUM'],
  },
  { service: 'gateway', name: 'after the scrub', deeds: ['^DELETE FROM heads', 'wal_checkpoint'] },
  {
    service: 'gateway',
    name: 'after the end is noted, before it confirms',
    deeds: ['^UPDATE erasures SET erased_at', '^COMMIT'],
    short: true,
  },
];

/** The ways in which something is erased. */
export type Way = 'a chat' | 'a chat whose last member leaves' | 'a message' | 'an account';

const asking = (subject: string): readonly Step[] => [
  { service: 'gateway', name: 'before it asks chat', deeds: [`^asks ${subject}`] },
  { service: 'gateway', name: 'after chat has answered', deeds: [`^hears ${subject}`] },
];

/** Every moment at which a service dies in the tests, by what is erased. */
export const STEPS: Readonly<Record<Way, readonly Step[]>> = {
  'a chat': [...asking('chat.delete'), ...DESTROYING, ...WIPING],
  'a chat whose last member leaves': [
    ...asking('chat.leave'),
    ...DESTROYING,
    // The wipe is the same: the short run has it once.
    ...WIPING.map(({ short: _, ...step }) => step),
  ],
  'a message': [
    { service: 'gateway', name: 'after its line in the ledger', deeds: ['^noted message'] },
    { service: 'gateway', name: 'before its commit', deeds: ['^UPDATE messages SET sealed'] },
    {
      service: 'gateway',
      name: 'after its commit',
      deeds: ['^UPDATE messages SET sealed', '^COMMIT'],
      short: true,
    },
    {
      service: 'gateway',
      name: 'after the log is truncated',
      deeds: ['^UPDATE messages SET sealed', '^COMMIT', 'wal_checkpoint'],
    },
  ],
  'an account': [
    { service: 'gateway', name: 'before it asks auth', deeds: ['^asks auth.account.delete'] },
    { service: 'gateway', name: 'after auth has answered', deeds: ['^hears auth.account.delete'] },
    { service: 'auth', name: 'before its commit', deeds: ['^INSERT INTO outbox'] },
    { service: 'auth', name: 'after its commit', deeds: ['^INSERT INTO outbox', '^COMMIT'], short: true },
    { service: 'auth', name: 'after the rewrite, before the log is truncated', deeds: ['^VACUUM'] },
    { service: 'auth', name: 'after the scrub', deeds: ['^VACUUM', 'wal_checkpoint'] },
    { service: 'auth', name: 'after its line in the ledger', deeds: ['^noted user'] },
    {
      service: 'auth',
      name: 'after the scrub is noted, before the answer',
      deeds: ['^DELETE FROM unscrubbed_accounts', '^COMMIT'],
    },
    { service: 'auth', name: 'before the event is published', deeds: ['^tells event.user.deleted'] },
    { service: 'auth', name: 'after both have confirmed', deeds: ['^told event.user.deleted'] },
    { service: 'auth', name: 'after that is noted', deeds: ['^DELETE FROM outbox', '^COMMIT'] },
    ...DESTROYING.map(({ short: _, ...step }) => step),
    {
      service: 'chat',
      name: 'after the activity is forgotten',
      deeds: ['^DELETE FROM activity WHERE user_id = \\?$', '^COMMIT'],
    },
    {
      service: 'gateway',
      name: 'after it has closed itself to the user',
      deeds: ['^SELECT ref, chat_id AS chatId FROM heads'],
    },
    {
      service: 'gateway',
      name: 'in the midst of a turn',
      deeds: ['^UPDATE messages SET sealed'],
      short: true,
    },
    {
      service: 'gateway',
      name: 'between two turns',
      deeds: ['^UPDATE messages SET sealed', '^COMMIT'],
      messages: TWO_TURNS,
    },
    { service: 'gateway', name: 'after the wipe', deeds: ['^DELETE FROM seen', '^COMMIT'] },
    {
      service: 'gateway',
      name: 'after the rewrite, before the log is truncated',
      deeds: ['^DELETE FROM seen', '^VACUUM'],
    },
    { service: 'gateway', name: 'after the scrub', deeds: ['^DELETE FROM seen', 'wal_checkpoint'] },
  ],
};
