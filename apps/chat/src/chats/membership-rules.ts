import { LIMITS } from '@app/contracts/edge';
import { ApiError } from '@app/platform';
import type { ChatTransaction, MemberReader } from '../store/chat-store.js';

/**
 * The one check of every call on a chat.
 * @throws {ApiError} CHAT_NOT_FOUND for anyone but a member, whether or not there is such a chat
 */
export async function requireMember(members: MemberReader, chatId: string, userId: string): Promise<void> {
  if (!(await members.has(chatId, userId))) throw new ApiError('CHAT_NOT_FOUND');
}

/**
 * Checks that a user has not deleted their account: a call of theirs may still be under way.
 * @throws {ApiError} UNAUTHENTICATED
 */
export async function requireNotDeleted({ deletedUsers }: ChatTransaction, userId: string): Promise<void> {
  if (await deletedUsers.has(userId)) throw new ApiError('UNAUTHENTICATED');
}

/**
 * Checks that a user may be in one more chat.
 * @throws {ApiError} LIMIT_REACHED
 */
export async function requireRoom({ members }: ChatTransaction, userId: string): Promise<void> {
  if ((await members.countChats(userId, LIMITS.chatsPerUser)) >= LIMITS.chatsPerUser)
    throw new ApiError('LIMIT_REACHED');
}
