import { ChatKeyText, ChatName, MessageTtl } from '@app/contracts/bus';
import { z } from 'zod';

/** Body of POST /chats; absent counts as empty. */
export const CreateBody = z
  .strictObject({ name: ChatName.nullish(), sealed: z.literal(false).exactOptional() })
  .optional()
  .meta({ id: 'CreateBody' });

/** Body of POST /chats/join. */
export const JoinBody = z.strictObject({ key: ChatKeyText }).meta({ id: 'JoinBody' });

/** Body of PATCH /chats/:id: a name, a timer, or both. */
export const ChatChangeBody = z
  .strictObject({ name: ChatName.exactOptional(), messageTtl: MessageTtl.exactOptional() })
  .refine(({ name, messageTtl }) => name !== undefined || messageTtl !== undefined, {
    error: 'must have a name or a messageTtl',
    path: ['name'],
  })
  .meta({ id: 'ChatChangeBody', minProperties: 1 });
