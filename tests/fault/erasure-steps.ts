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

/** The first message is wiped and the turn goes on; and the turn is committed, with the next one to come. */
const IN_A_TURN: Step = {
  service: 'gateway',
  name: 'in the midst of a turn',
  deeds: ['^UPDATE messages SET sealed'],
  short: true,
};
const BETWEEN_TURNS: Step = {
  service: 'gateway',
  name: 'between two turns',
  deeds: ['^UPDATE messages SET sealed', '^COMMIT'],
  messages: TWO_TURNS,
};

/** How the gateway's wipe ends, whatever was wiped. @param last the deed that follows the last turn */
const wiped = (last: string): readonly Step[] => [
  { service: 'gateway', name: 'after the wipe', deeds: [last, '^COMMIT'] },
  {
    service: 'gateway',
    name: 'after the rewrite, before the log is truncated',
    deeds: [last, '^VACUUM'],
  },
  { service: 'gateway', name: 'after the scrub', deeds: [last, 'wal_checkpoint'] },
];

/** What the gateway does once chat has destroyed a chat. */
const WIPING: readonly Step[] = [
  {
    service: 'gateway',
    name: 'after it has noted that it begins',
    deeds: ['^INSERT OR IGNORE INTO erasures', '^COMMIT'],
  },
  IN_A_TURN,
  { ...BETWEEN_TURNS, short: true },
  ...wiped('^DELETE FROM heads'),
  {
    service: 'gateway',
    name: 'after the end is noted, before it confirms',
    deeds: ['^UPDATE erasures SET erased_at', '^COMMIT'],
    short: true,
  },
];

/** The ways in which something is erased. */
export type Way = 'a chat' | 'a chat whose last member leaves' | 'a message' | 'an account';

/** @param subject what the gateway asks, which begins with the name of the service that answers */
const asking = (subject: string): readonly Step[] => {
  const other = subject.split('.')[0] ?? '';
  return [
    { service: 'gateway', name: `before it asks ${other}`, deeds: [`^asks ${subject}`] },
    { service: 'gateway', name: `after ${other} has answered`, deeds: [`^hears ${subject}`] },
  ];
};

/** The same steps in the long run alone: the short one has each once. */
const longOnly = (steps: readonly Step[]): readonly Step[] => steps.map(({ short: _, ...step }) => step);

/** Every moment at which a service dies in the tests, by what is erased. */
export const STEPS: Readonly<Record<Way, readonly Step[]>> = {
  'a chat': [...asking('chat.delete'), ...DESTROYING, ...WIPING],
  'a chat whose last member leaves': [...asking('chat.leave'), ...DESTROYING, ...longOnly(WIPING)],
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
    ...asking('auth.account.delete'),
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
    ...longOnly(DESTROYING),
    {
      service: 'chat',
      name: 'after the activity is forgotten',
      deeds: ['^DELETE FROM activity WHERE user_id = \\?$', '^COMMIT'],
    },
    {
      service: 'gateway',
      name: 'after it has closed itself to the user',
      deeds: ['^SELECT min\\(ref\\) FROM'],
    },
    IN_A_TURN,
    BETWEEN_TURNS,
    ...wiped('^DELETE FROM seen'),
  ],
};
