import { randomUUID } from 'node:crypto';
import type { Chat } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';

/** The callers of every trial, in their order: those who may delete something come last. */
export const CALLERS = ['nobody', 'signed out', 'non-member', 'ex-member', 'other member', 'member'] as const;

/** A caller. The `member` created the chat, sent its message and owns the session in the path. */
export type Caller = (typeof CALLERS)[number];

/** The client of each caller. */
export type Clients = Readonly<Record<Caller, EdgeClient>>;

/** Signs up the callers. `signed out` keeps the cookie of a session that has ended. */
export async function signUpCallers(url: string): Promise<Clients> {
  const [out, stranger, former, other, member] = await Promise.all(
    Array.from({ length: 5 }, () => EdgeClient.signedUp(url)),
  );
  if (!out || !stranger || !former || !other || !member) throw new Error('a client is missing');
  const cookies = new Map(out.cookies);
  await out.call('POST', '/auth/logout');
  for (const [name, value] of cookies) out.cookies.set(name, value);
  return {
    nobody: new EdgeClient(url),
    'signed out': out,
    'non-member': stranger,
    'ex-member': former,
    'other member': other,
    member,
  };
}

/** A chat with a message, for all callers. */
export interface ChatFixture {
  readonly clients: Clients;
  readonly chatId: string;
  readonly key: string;
  readonly messageId: string;
  readonly sessionId: string;
  readonly text: string;
}

/** Creates the chat, lets the ex-member join and leave, and the other member join. */
export async function chatFixture(clients: Clients): Promise<ChatFixture> {
  const { member } = clients;
  const { chat, key } = await member.createChat(`chat ${randomUUID()}`);
  await clients['ex-member'].join(key);
  await clients['ex-member'].call('DELETE', `/chats/${chat.id}/members/me`);
  await clients['other member'].join(key);
  const text = `secret ${randomUUID()}`;
  const message = await member.send(chat.id, text);
  const { body } = await member.call('GET', '/auth/sessions');
  const sessions = body['sessions'] as { id: string; current: boolean }[];
  const sessionId = sessions.find(({ current }) => current)?.id ?? '';
  return { clients, chatId: chat.id, key, messageId: message.id ?? '', sessionId, text };
}

/**
 * Returns what a member reads of a chat, to prove that a refused call changes nothing. Former members are left out: the
 * ex-member may have deleted their own account.
 */
export async function seenByMember({ clients, chatId }: ChatFixture): Promise<unknown> {
  const { body } = await clients.member.call('GET', `/chats/${chatId}`);
  const page = await clients.member.page(chatId);
  return { chat: { ...(body['chat'] as Chat), formerMembers: [] }, page };
}
