import type { ErrorCode } from '@app/contracts/edge';
import { z } from 'zod';
import { AccountBody, LoginBody, PasswordBody, RegisterBody, ResetBody } from '../schemas/auth.schemas.js';
import { ChatChangeBody, CreateBody, JoinBody } from '../schemas/chat.schemas.js';
import { EditBody, PageQuery, ReactionBody, ReadBody, SendBody } from '../schemas/message.schemas.js';
import * as answers from '../schemas/answer.schemas.js';

/** One call of the HTTP API. */
export interface Operation {
  readonly summary: string;
  readonly open?: true;
  readonly body?: z.ZodType;
  readonly bodyOptional?: true;
  readonly query?: z.ZodObject;
  /** The schemas of successful answers, by status; null means no content. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Error codes, besides those that every call can return. */
  readonly codes: readonly ErrorCode[];
}

const chat = ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'] as const;

/**
 * Every call of the HTTP API by method and path. The documents are generated from it; a test compares it with the
 * router.
 */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /api/v1/auth/register': {
    summary: 'Creates an account and logs in',
    open: true,
    body: RegisterBody,
    answers: { 201: answers.UserAnswer },
    codes: ['VALIDATION_FAILED', 'USERNAME_TAKEN', 'REGISTRATION_CLOSED'],
  },
  'POST /api/v1/auth/login': {
    summary: 'Logs in',
    open: true,
    body: LoginBody,
    answers: { 200: answers.UserAnswer },
    codes: ['VALIDATION_FAILED', 'INVALID_CREDENTIALS'],
  },
  'POST /api/v1/auth/logout': {
    summary: 'Ends the session',
    answers: { 204: null },
    codes: ['VALIDATION_FAILED'],
  },
  'GET /api/v1/auth/me': {
    summary: 'Returns the logged-in user',
    answers: { 200: answers.UserAnswer },
    codes: [],
  },
  'PUT /api/v1/auth/password': {
    summary: 'Changes the password and ends every other session',
    body: PasswordBody,
    answers: { 204: null },
    codes: ['VALIDATION_FAILED', 'INVALID_CREDENTIALS'],
  },
  'POST /api/v1/auth/reset': {
    summary: 'Sets a new password with a password reset link from the operator, and ends every session',
    open: true,
    body: ResetBody,
    answers: { 200: answers.UserAnswer },
    codes: ['VALIDATION_FAILED', 'NOT_FOUND'],
  },
  'GET /api/v1/auth/sessions': {
    summary: 'Lists the user’s sessions',
    answers: { 200: answers.Sessions },
    codes: [],
  },
  'DELETE /api/v1/auth/sessions/:id': {
    summary: 'Ends one of the user’s sessions',
    answers: { 204: null },
    codes: ['VALIDATION_FAILED', 'NOT_FOUND'],
  },
  'GET /api/v1/auth/activity': {
    summary: 'Lists the user’s activity, newest first',
    answers: { 200: answers.Activities },
    codes: [],
  },
  'GET /api/v1/auth/export': {
    summary: 'Streams everything that the user may read',
    answers: { 200: answers.Export },
    codes: [],
  },
  'DELETE /api/v1/auth/account': {
    summary: 'Deletes the account and everything that it wrote',
    body: AccountBody,
    answers: { 204: null },
    codes: ['VALIDATION_FAILED', 'INVALID_CREDENTIALS'],
  },
  'POST /api/v1/chats': {
    summary: 'Creates a chat and its key',
    body: CreateBody,
    bodyOptional: true,
    answers: { 201: z.strictObject({ chat: answers.Chat, key: z.string() }) },
    codes: ['VALIDATION_FAILED', 'LIMIT_REACHED'],
  },
  'POST /api/v1/chats/join': {
    summary: 'Joins the chat that a key belongs to',
    body: JoinBody,
    answers: { 200: answers.ChatAnswer },
    codes: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND', 'CHAT_FULL', 'LIMIT_REACHED'],
  },
  'GET /api/v1/chats': {
    summary: 'Lists the user’s chats, latest activity first',
    answers: { 200: z.strictObject({ chats: z.array(answers.Chat) }) },
    codes: [],
  },
  'GET /api/v1/chats/:id': { summary: 'Returns a chat', answers: { 200: answers.ChatAnswer }, codes: chat },
  'PATCH /api/v1/chats/:id': {
    summary: 'Changes a chat’s name, or after how many seconds what is sent from then on disappears',
    body: ChatChangeBody,
    answers: { 200: answers.ChatAnswer },
    codes: chat,
  },
  'GET /api/v1/chats/:id/key': {
    summary: 'Returns the chat key',
    answers: { 200: z.strictObject({ key: z.string() }) },
    codes: chat,
  },
  'DELETE /api/v1/chats/:id': {
    summary: 'Deletes a chat for all members and returns the erasure receipt',
    answers: { 200: answers.Receipt },
    codes: chat,
  },
  'GET /api/v1/chats/:id/stored': {
    summary: 'Returns the stored bytes of the last messages',
    answers: { 200: answers.Stored },
    codes: chat,
  },
  'DELETE /api/v1/chats/:id/members/me': {
    summary: 'Leaves a chat; when the last member leaves, the chat is erased',
    answers: { 204: null },
    codes: chat,
  },
  'GET /api/v1/chats/:id/messages': {
    summary:
      'Gives a page of history, ascending by seq; with changedAfter what has a greater rev, ascending by rev',
    query: PageQuery,
    answers: { 200: answers.Page },
    codes: chat,
  },
  'POST /api/v1/chats/:id/messages': {
    summary: 'Stores a message; a repeated request returns the stored one',
    body: SendBody,
    answers: { 201: answers.MessageAnswer, 200: answers.MessageAnswer },
    codes: [...chat, 'IDEMPOTENCY_CONFLICT'],
  },
  'GET /api/v1/chats/:id/messages/:messageId': {
    summary: 'Gives one message, the tombstone too',
    answers: { 200: answers.MessageAnswer },
    codes: [...chat, 'MESSAGE_NOT_FOUND'],
  },
  'PATCH /api/v1/chats/:id/messages/:messageId': {
    summary: 'Edits one’s own message, for 24 hours',
    body: EditBody,
    answers: { 200: answers.MessageAnswer },
    codes: [...chat, 'MESSAGE_NOT_FOUND', 'EDIT_TOO_LATE'],
  },
  'PUT /api/v1/chats/:id/messages/:messageId/reaction': {
    summary: 'Sets one’s own reaction to a message, in the place of an earlier one',
    body: ReactionBody,
    answers: { 200: answers.MessageAnswer },
    codes: [...chat, 'MESSAGE_NOT_FOUND'],
  },
  'DELETE /api/v1/chats/:id/messages/:messageId/reaction': {
    summary: 'Removes one’s own reaction',
    answers: { 200: answers.MessageAnswer },
    codes: [...chat, 'MESSAGE_NOT_FOUND'],
  },
  'DELETE /api/v1/chats/:id/messages/:messageId': {
    summary: 'Deletes one of the user’s own messages for all members',
    answers: { 200: answers.MessageAnswer },
    codes: [...chat, 'MESSAGE_NOT_FOUND'],
  },
  'POST /api/v1/chats/:id/read': {
    summary: 'Sets the user’s read position',
    body: ReadBody,
    answers: { 204: null },
    codes: chat,
  },
};
