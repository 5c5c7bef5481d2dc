import type { Message } from '@app/contracts/edge';
import type { History, HistoryEvent, Store } from './history.js';

/** The number of violations of each guarantee. */
export const NO_FAULTS = {
  /** An acknowledged message is missing in the store, or in a page that was requested later. */
  acknowledgedAndMissing: 0,
  /** A client message id has two messages. */
  storedTwice: 0,
  /** A seq is missing in the store or in a page. */
  seqGaps: 0,
  /** A client showed a chat in another order than 1, 2, 3, … up to its last message. */
  seenOutOfOrder: 0,
  /** A connection received a message twice, after a later one, or not at all. */
  receivedOutOfOrder: 0,
  /** Messages that a connection sent without waiting for answers are stored in another order. */
  storedOutOfOrder: 0,
  /** A shown or stored message differs from what its sender sent. */
  changedText: 0,
  /** A user who is not a member read a message. */
  seenByNonMember: 0,
  /** A message was read, or found on the disk, after the answer to its deletion. */
  readableAfterDelete: 0,
};

/** The number of violations of each guarantee. */
export type Verdict = Record<keyof typeof NO_FAULTS, number>;

interface Deletion {
  answeredAt: number;
}

/** What the clients did: the facts that reads and stored messages are compared with. */
class Facts {
  readonly members = new Set<string>();
  readonly sent = new Map<string, string>();
  readonly acknowledged = new Map<string, { message: Message; at: number }[]>();
  readonly deletedMessages = new Map<string, Deletion>();
  readonly deletedChats = new Map<string, Deletion>();

  constructor(events: readonly HistoryEvent[]) {
    events.forEach((event, at) => this.#add(event, at));
  }

  #add(event: HistoryEvent, at: number): void {
    switch (event.kind) {
      case 'joined':
        this.members.add(`${event.chatId} ${event.userId}`);
        break;
      case 'send-begun':
        this.sent.set(`${event.chatId} ${event.userId} ${event.clientMessageId}`, event.text);
        break;
      case 'acknowledged': {
        const { message } = event;
        const known = this.acknowledged.get(message.chatId) ?? [];
        known.push({ message, at });
        this.acknowledged.set(message.chatId, known);
        break;
      }
      case 'message-delete-begun':
        this.deletedMessages.set(event.messageId, { answeredAt: Infinity });
        break;
      case 'message-delete-answered':
        this.deletedMessages.set(event.messageId, { answeredAt: at });
        break;
      case 'chat-delete-begun':
        this.deletedChats.set(event.chatId, { answeredAt: Infinity });
        break;
      case 'chat-delete-answered':
        this.deletedChats.set(event.chatId, { answeredAt: at });
        break;
      default: // reads are checked, they are no facts
    }
  }

  /** Returns whether a message is what its sender sent, or the tombstone of a message whose deletion has begun. */
  isGenuine({ id, chatId, senderId, clientMessageId, text, deletedAt, damaged }: Message): boolean {
    const original = this.sent.get(`${chatId} ${senderId} ${clientMessageId}`);
    if (original === undefined || damaged) return false;
    if (text === null) return deletedAt !== null && id !== null && this.deletedMessages.has(id);
    return text === original;
  }
}

/**
 * Checks a whole run as Jepsen and Elle check single keys: a chat is the key, and its seqs are the order that all clients
 * must agree on.
 * @param history what every client did and read
 * @param store the stored messages at the end, after all were acknowledged
 */
export function check(history: History, store: Store): Verdict {
  const facts = new Facts(history.events);
  const verdict: Verdict = { ...NO_FAULTS };
  for (const [chatId, messages] of store) checkStored(chatId, messages, facts, verdict);
  for (const [chatId, acknowledged] of facts.acknowledged) {
    if (facts.deletedChats.has(chatId)) continue;
    const bySeq = new Map(store.get(chatId)?.map((message) => [message.seq, message]));
    for (const { message } of acknowledged)
      if (!isSame(bySeq.get(message.seq), message)) verdict.acknowledgedAndMissing++;
  }
  checkAcknowledgements(facts, verdict);
  checkShown(history.events, store, facts, verdict);
  checkConnections(history.events, store, facts, verdict);
  for (const event of history.events) {
    if (event.kind === 'page-read') checkPage(event, facts, verdict);
    if (event.kind === 'bytes-found') verdict.readableAfterDelete++;
  }
  return verdict;
}

/** Returns whether two reads are of the same message. Its text may have been erased in between. */
function isSame(a: Message | undefined, b: Message): boolean {
  return a?.id === b.id && a.senderId === b.senderId && a.clientMessageId === b.clientMessageId;
}

function isAnswered(deletion: Deletion | undefined): boolean {
  return deletion !== undefined && deletion.answeredAt < Infinity;
}

function checkStored(chatId: string, messages: readonly Message[], facts: Facts, verdict: Verdict): void {
  if (isAnswered(facts.deletedChats.get(chatId))) verdict.readableAfterDelete++;
  const sendings = new Set<string>();
  messages.forEach((message, i) => {
    const sending = `${message.senderId} ${message.clientMessageId}`;
    if (sendings.has(sending)) verdict.storedTwice++;
    sendings.add(sending);
    if (message.seq !== (messages[i - 1]?.seq ?? 0) + 1) verdict.seqGaps++;
    if (!facts.isGenuine(message)) verdict.changedText++;
    if (message.text !== null && isAnswered(facts.deletedMessages.get(message.id ?? '')))
      verdict.readableAfterDelete++;
  });
}

/** Checks that a repeat is answered with the same message. */
function checkAcknowledgements(facts: Facts, verdict: Verdict): void {
  for (const acknowledged of facts.acknowledged.values()) {
    const first = new Map<string, Message>();
    for (const { message } of acknowledged) {
      const sending = `${message.senderId} ${message.clientMessageId}`;
      const before = first.get(sending);
      if (before && (before.id !== message.id || before.seq !== message.seq)) verdict.storedTwice++;
      first.set(sending, message);
      if (!facts.isGenuine(message)) verdict.changedText++;
    }
  }
}

function checkShown(events: readonly HistoryEvent[], store: Store, facts: Facts, verdict: Verdict): void {
  const lastSeqs = new Map<string, { chatId: string; userId: string; seq: number }>();
  for (const event of events) {
    if (event.kind !== 'shown') continue;
    const { client, userId, message } = event;
    if (!facts.members.has(`${message.chatId} ${userId}`)) verdict.seenByNonMember++;
    const last = lastSeqs.get(`${client} ${message.chatId}`)?.seq ?? 0;
    if (message.seq !== last + 1) verdict.seenOutOfOrder++;
    lastSeqs.set(`${client} ${message.chatId}`, { chatId: message.chatId, userId, seq: message.seq });
    const stored = store.get(message.chatId)?.[message.seq - 1];
    if (!facts.isGenuine(message) || (stored && !isSame(stored, message))) verdict.changedText++;
  }
  for (const { chatId, seq } of lastSeqs.values())
    if (!facts.deletedChats.has(chatId) && seq !== store.get(chatId)?.length) verdict.seenOutOfOrder++;
}

/** Checks what each raw connection sent and received, without a client that sorts or repeats. */
function checkConnections(
  events: readonly HistoryEvent[],
  store: Store,
  facts: Facts,
  verdict: Verdict,
): void {
  const sentOn = new Map<string, string>();
  const seqs = new Map<string, number>();
  for (const [chatId, messages] of store)
    for (const { clientMessageId, seq } of messages) seqs.set(`${chatId} ${clientMessageId}`, seq);
  const lastStored = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'sent-pipelined') continue;
    const { connection, chatId, clientMessageId } = event;
    sentOn.set(clientMessageId, connection);
    const seq = seqs.get(`${chatId} ${clientMessageId}`);
    if (seq === undefined) continue;
    const key = `${connection} ${chatId}`;
    if (seq < (lastStored.get(key) ?? 0)) verdict.storedOutOfOrder++;
    lastStored.set(key, seq);
  }
  const lastReceived = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'received') continue;
    const { connection, userId, message } = event;
    const { chatId, seq } = message;
    if (!facts.members.has(`${chatId} ${userId}`)) verdict.seenByNonMember++;
    if (!facts.isGenuine(message)) verdict.changedText++;
    const key = `${connection} ${chatId}`;
    const last = lastReceived.get(key);
    lastReceived.set(key, seq);
    if (last === undefined) continue;
    // A connection does not receive its own messages.
    const missing = (store.get(chatId) ?? [])
      .slice(last, seq - 1)
      .filter(({ clientMessageId }) => sentOn.get(clientMessageId ?? '') !== connection);
    if (seq <= last || missing.length > 0) verdict.receivedOutOfOrder++;
  }
}

function checkPage(page: Extract<HistoryEvent, { kind: 'page-read' }>, facts: Facts, verdict: Verdict): void {
  const { chatId, userId, after, begunAt, messages, hasMore } = page;
  if (!facts.members.has(`${chatId} ${userId}`)) verdict.seenByNonMember++;
  // Even an empty page is a violation: an erased chat is CHAT_NOT_FOUND.
  if ((facts.deletedChats.get(chatId)?.answeredAt ?? Infinity) < begunAt) verdict.readableAfterDelete++;
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  messages.forEach((message, i) => {
    if (message.seq !== after + i + 1) verdict.seqGaps++;
    if (!facts.isGenuine(message)) verdict.changedText++;
    const deletion = facts.deletedMessages.get(message.id ?? '');
    if (message.text !== null && deletion && deletion.answeredAt < begunAt) verdict.readableAfterDelete++;
  });
  const end = hasMore ? (messages.at(-1)?.seq ?? after) : Infinity;
  for (const { message, at } of facts.acknowledged.get(chatId) ?? []) {
    if (at >= begunAt || message.seq <= after || message.seq > end) continue;
    if (!isSame(bySeq.get(message.seq), message)) verdict.acknowledgedAndMissing++;
  }
}
