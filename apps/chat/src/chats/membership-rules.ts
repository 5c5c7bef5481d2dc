import { LIMITS } from '@app/contracts/edge';
import { Refusal } from '@app/platform';
import type { ChatTransaction, MemberReader } from '../store/chat-store.js';

/**
 * The one check of every call on a chat.
 * @throws {Refusal} CHAT_NOT_FOUND for anyone but a member, whether or not there is such a chat
 */
export async function requireMember(members: MemberReader, chatId: string, userId: string): Promise<void> {
  if (!(await members.has(chatId, userId))) throw new Refusal('CHAT_NOT_FOUND');
}

/**
 * Checks that a user has not deleted their account: a call of theirs may still be under way.
 * @throws {Refusal} UNAUTHENTICATED
 */
export async function requireNotDeleted({ deletedUsers }: ChatTransaction, userId: string): Promise<void> {
  if (await deletedUsers.has(userId)) throw new Refusal('UNAUTHENTICATED');
}

/**
 * Checks that a user may be in one more chat.
 * @throws {Refusal} LIMIT_REACHED
 */
export async function requireRoom({ members }: ChatTransaction, userId: string): Promise<void> {
  if ((await members.countChats(userId, LIMITS.chatsPerUser)) >= LIMITS.chatsPerUser)
    throw new Refusal('LIMIT_REACHED');
}
