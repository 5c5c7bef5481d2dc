import { setTimeout as wait } from 'node:timers/promises';
import type { Message, MessagePage } from '@app/contracts/edge';
import type { LoadUsers, Sent } from './load-users.js';
import type { Faults } from './protocol.js';

const SETTLE_MS = 10_000;
const PAGE = 200;
const CONCURRENCY = 4;

/** For each chat, the seq up to which its history has been checked. */
export type CheckedUpTo = Map<string, number>;

/**
 * Checks after a run that each acknowledged message arrived once, in order and unchanged, and is in the history.
 * @param upTo where the last check ended; updated by this one
 */
export async function check(users: LoadUsers, upTo: CheckedUpTo): Promise<Faults> {
  const sent = [...users.sent.values()];
  const settled = (): boolean =>
    users.pending === 0 && sent.every((one) => !one.message || one.deliveries > 0);
  for (const end = performance.now() + SETTLE_MS; !settled() && performance.now() < end;) await wait(20);
  const acknowledged = sent.filter((one) => one.message);
  const chats = new Map(users.connections.map(({ member }) => [member.chatId, member.cookie]));
  const byChat = new Map<string, Sent[]>([...chats.keys()].map((chatId) => [chatId, []]));
  for (const one of acknowledged) byChat.get(one.message?.chatId ?? '')?.push(one);
  const faults = {
    unanswered: users.pending,
    refused: sent.filter((one) => one.refused).length,
    undelivered: acknowledged.filter((one) => one.deliveries === 0).length,
    repeated: sent.filter((one) => one.deliveries > 1).length,
    outOfOrder: users.outOfOrder,
    changed: users.changed,
    notInHistory: 0,
    gaps: 0,
  };
  const waiting = [...byChat];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [chatId, ofChat] = next;
      const from = upTo.get(chatId) ?? 0;
      const history = await read(users.url, chatId, chats.get(chatId) ?? '', from);
      faults.gaps += history.filter((message, i) => message.seq !== from + i + 1 || message.damaged).length;
      const bySeq = new Map(history.map((message) => [message.seq, message]));
      faults.notInHistory += ofChat.filter((one) => !isSame(one, bySeq.get(one.message?.seq ?? 0))).length;
      upTo.set(chatId, from + history.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return faults;
}

function isSame(sent: Sent, stored: Message | undefined): boolean {
  const acknowledged = sent.message;
  return (
    stored !== undefined &&
    acknowledged !== undefined &&
    stored.text === sent.text &&
    acknowledged.text === sent.text &&
    stored.id === acknowledged.id &&
    stored.sentAt === acknowledged.sentAt &&
    stored.senderId === sent.senderId &&
    stored.clientMessageId === sent.clientMessageId
  );
}

async function read(url: string, chatId: string, cookie: string, after: number): Promise<Message[]> {
  const messages: Message[] = [];
  for (let more = true; more;) {
    const from = after + messages.length;
    const response = await fetch(`${url}/api/v1/chats/${chatId}/messages?after=${from}&limit=${PAGE}`, {
      headers: { cookie },
    });
    if (!response.ok) throw new Error(`history: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as MessagePage;
    messages.push(...page.messages);
    more = page.hasMore;
  }
  return messages;
}
