import type { ServiceName } from '@app/testing';

/** A moment of an erasure at which a service is killed: right after the last of these actions, named by `planted/doom.mjs`. */
export interface Step {
  readonly service: ServiceName;
  readonly name: string;
  /** Regular expressions, matched one after the other. */
  readonly actions: readonly string[];
  /** The number of messages in the chat, where it matters. */
  readonly messages?: number;
  /** Whether the short run includes it. */
  readonly short?: true;
}

/** More messages than the first batch of an erasure takes in a gateway that has just started. */
const TWO_BATCHES = 250;

/** The steps of chat. */
const CHAT_STEPS: readonly Step[] = [
  { service: 'chat', name: 'before its commit', actions: ['^INSERT INTO outbox'] },
  { service: 'chat', name: 'after its commit', actions: ['^INSERT INTO outbox', '^COMMIT'], short: true },
  { service: 'chat', name: 'after the rewrite, before the log is truncated', actions: ['^VACUUM'] },
  { service: 'chat', name: 'after the scrub', actions: ['^VACUUM', 'wal_checkpoint'] },
  { service: 'chat', name: 'after its entry in the erasure ledger', actions: ['^recorded chat'] },
  {
    service: 'chat',
    name: 'after the scrub is recorded, before the answer',
    actions: ['^UPDATE erasures SET scrubbed', '^COMMIT'],
  },
  { service: 'chat', name: 'before the event is published', actions: ['^publishes event.chat.deleted'] },
  {
    service: 'chat',
    name: 'after the gateway has confirmed',
    actions: ['^confirmed event.chat.deleted'],
    short: true,
  },
  { service: 'chat', name: 'before the commit of the confirmation', actions: ['^DELETE FROM outbox'] },
  {
    service: 'chat',
    name: 'after the commit of the confirmation',
    actions: ['^DELETE FROM outbox', '^COMMIT'],
  },
];

/** In the transaction of a batch, and between the commits of two batches. */
const IN_A_BATCH: Step = {
  service: 'gateway',
  name: 'in a batch',
  actions: ['^UPDATE messages SET sealed'],
  short: true,
};
const BETWEEN_BATCHES: Step = {
  service: 'gateway',
  name: 'between two batches',
  actions: ['^UPDATE messages SET sealed', '^COMMIT'],
  messages: TWO_BATCHES,
};

/** The last steps of every erasure in the gateway. @param last the action after the last batch */
const lastSteps = (last: string): readonly Step[] => [
  { service: 'gateway', name: 'after the last batch', actions: [last, '^COMMIT'] },
  {
    service: 'gateway',
    name: 'after the rewrite, before the log is truncated',
    actions: [last, '^VACUUM'],
  },
  { service: 'gateway', name: 'after the scrub', actions: [last, 'wal_checkpoint'] },
];

/** The steps of the gateway after chat has deleted a chat. */
const GATEWAY_STEPS: readonly Step[] = [
  {
    service: 'gateway',
    name: 'after the beginning is recorded',
    actions: ['^INSERT OR IGNORE INTO erasures', '^COMMIT'],
  },
  IN_A_BATCH,
  { ...BETWEEN_BATCHES, short: true },
  ...lastSteps('^DELETE FROM heads'),
  {
    service: 'gateway',
    name: 'after the end is recorded, before the confirmation',
    actions: ['^UPDATE erasures SET erased_at', '^COMMIT'],
    short: true,
  },
];

/** The kinds of erasure. */
export type Way = 'a chat' | 'a chat whose last member leaves' | 'a message' | 'an account';

/** The steps around a request of the gateway. */
const requesting = (subject: string): readonly Step[] => {
  const other = subject.split('.')[0] ?? '';
  return [
    { service: 'gateway', name: `before the request to ${other}`, actions: [`^requests ${subject}`] },
    { service: 'gateway', name: `after the reply of ${other}`, actions: [`^replied ${subject}`] },
  ];
};

/** Returns the steps for the long run only: the short one has each of them once. */
const longOnly = (steps: readonly Step[]): readonly Step[] => steps.map(({ short: _, ...step }) => step);

/** Every moment at which the tests kill a service, by kind of erasure. */
export const STEPS: Readonly<Record<Way, readonly Step[]>> = {
  'a chat': [...requesting('chat.delete'), ...CHAT_STEPS, ...GATEWAY_STEPS],
  'a chat whose last member leaves': [...requesting('chat.leave'), ...CHAT_STEPS, ...longOnly(GATEWAY_STEPS)],
  'a message': [
    { service: 'gateway', name: 'after its entry in the erasure ledger', actions: ['^recorded message'] },
    { service: 'gateway', name: 'before its commit', actions: ['^UPDATE messages SET sealed'] },
    {
      service: 'gateway',
      name: 'after its commit',
      actions: ['^UPDATE messages SET sealed', '^COMMIT'],
      short: true,
    },
    {
      service: 'gateway',
      name: 'after the log is truncated',
      actions: ['^UPDATE messages SET sealed', '^COMMIT', 'wal_checkpoint'],
    },
  ],
  'an account': [
    ...requesting('auth.account.delete'),
    { service: 'auth', name: 'before its commit', actions: ['^INSERT INTO outbox'] },
    { service: 'auth', name: 'after its commit', actions: ['^INSERT INTO outbox', '^COMMIT'], short: true },
    { service: 'auth', name: 'after the rewrite, before the log is truncated', actions: ['^VACUUM'] },
    { service: 'auth', name: 'after the scrub', actions: ['^VACUUM', 'wal_checkpoint'] },
    { service: 'auth', name: 'after its entry in the erasure ledger', actions: ['^recorded user'] },
    {
      service: 'auth',
      name: 'after the scrub is recorded, before the answer',
      actions: ['^DELETE FROM unscrubbed_accounts', '^COMMIT'],
    },
    { service: 'auth', name: 'before the event is published', actions: ['^publishes event.user.deleted'] },
    { service: 'auth', name: 'after both confirmations', actions: ['^confirmed event.user.deleted'] },
    {
      service: 'auth',
      name: 'after the commit of the confirmations',
      actions: ['^DELETE FROM outbox', '^COMMIT'],
    },
    ...longOnly(CHAT_STEPS),
    {
      service: 'chat',
      name: 'after the activity is deleted',
      actions: ['^DELETE FROM activity WHERE user_id = \\?$', '^COMMIT'],
    },
    {
      service: 'gateway',
      name: 'after it has started to refuse the user',
      actions: ['^SELECT min\\(ref\\) FROM'],
    },
    IN_A_BATCH,
    BETWEEN_BATCHES,
    ...lastSteps('^DELETE FROM seen'),
  ],
};
