import { Emoji, Id, MessageText, Seq } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { z } from 'zod';

/** The id of the message that one answers; null is as if left out. */
const ReplyTo = Id.nullable().exactOptional();

/** Body of POST /chats/:id/messages. */
export const SendBody = z
  .strictObject({ clientMessageId: Id, text: MessageText, replyTo: ReplyTo })
  .meta({ id: 'SendBody' });

/** Payload of `message:send`. */
export const SendPayload = z
  .strictObject({ chatId: Id, clientMessageId: Id, text: MessageText, replyTo: ReplyTo })
  .meta({ id: 'SendPayload' });

/** Body of PATCH /chats/:id/messages/:messageId. */
export const EditBody = z.strictObject({ text: MessageText }).meta({ id: 'EditBody' });

/** Body of PUT /chats/:id/messages/:messageId/reaction. */
export const ReactionBody = z.strictObject({ emoji: Emoji }).meta({ id: 'ReactionBody' });

/** Payload of `message:delivered` and `message:read`. */
export const MarkPayload = z.strictObject({ chatId: Id, seq: Seq }).meta({ id: 'MarkPayload' });

/** Body of POST /chats/:id/read. */
export const ReadBody = z.strictObject({ seq: Seq }).meta({ id: 'ReadBody' });

/** Payload of `typing`. */
export const TypingPayload = z
  .strictObject({ chatId: Id, typing: z.boolean() })
  .meta({ id: 'TypingPayload' });

const digits = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be ${min} or more`).max(max, `must be ${max} or less`))
    // What the document says of the text in the query.
    .meta({ type: 'integer', minimum: min, maximum: max, examples: [min] });

/** Query of GET /chats/:id/messages. */
export const PageQuery = z
  .strictObject({
    before: digits(0, Number.MAX_SAFE_INTEGER).optional(),
    after: digits(0, Number.MAX_SAFE_INTEGER).optional(),
    changedAfter: digits(0, Number.MAX_SAFE_INTEGER).optional(),
    limit: digits(1, LIMITS.pageSizeMax).default(LIMITS.pageSize),
  })
  .refine(
    ({ before, after, changedAfter }) =>
      changedAfter === undefined || (before === undefined && after === undefined),
    { error: 'goes with no other cursor', path: ['changedAfter'] },
  )
  .meta({ id: 'PageQuery' });
