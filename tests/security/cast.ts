import { randomUUID } from 'node:crypto';
import type { Chat } from '@app/contracts/edge';
import { EdgeClient } from '@app/testing';

/** Those who try everything, in the order in which they try it: who may end a thing comes last. */
export const CALLERS = ['nobody', 'signed out', 'non-member', 'ex-member', 'other member', 'member'] as const;

/** One of them. The `member` made the chat, wrote its message and owns the session that is named. */
export type Caller = (typeof CALLERS)[number];

/** The accounts of a walk. */
export type Cast = Readonly<Record<Caller, EdgeClient>>;

/** Signs everybody up; the one who is signed out keeps the cookie of a session that has ended. */
export async function newCast(url: string): Promise<Cast> {
  const [out, stranger, former, other, member] = await Promise.all(
    Array.from({ length: 5 }, () => EdgeClient.signedUp(url)),
  );
  if (!out || !stranger || !former || !other || !member) throw new Error('nobody is there');
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

/** A chat with a message in it, which one of the cast has left. */
export interface Scene {
  readonly cast: Cast;
  readonly chatId: string;
  readonly key: string;
  readonly messageId: string;
  readonly sessionId: string;
  readonly text: string;
}

/** Makes the chat, lets the ex-member come and go, and the other member join. */
export async function newScene(cast: Cast): Promise<Scene> {
  const { member } = cast;
  const { chat, key } = await member.createChat(`chat ${randomUUID()}`);
  await cast['ex-member'].join(key);
  await cast['ex-member'].call('DELETE', `/chats/${chat.id}/members/me`);
  await cast['other member'].join(key);
  const text = `secret ${randomUUID()}`;
  const message = await member.send(chat.id, text);
  const { body } = await member.call('GET', '/auth/sessions');
  const sessions = body['sessions'] as { id: string; current: boolean }[];
  const sessionId = sessions.find(({ current }) => current)?.id ?? '';
  return { cast, chatId: chat.id, key, messageId: message.id ?? '', sessionId, text };
}

/**
 * What the members see of a chat: nothing of it changes by a call that is refused. Those who have left are not
 * looked at, for whoever deletes their own account loses their name there.
 */
export async function seenByMember({ cast, chatId }: Scene): Promise<unknown> {
  const { body } = await cast.member.call('GET', `/chats/${chatId}`);
  const page = await cast.member.page(chatId);
  return { chat: { ...(body['chat'] as Chat), formerMembers: [] }, page };
}
