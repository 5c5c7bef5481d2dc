import { ChatKeyText, ChatName } from '@app/contracts/bus';
import { z } from 'zod';

/** Body of POST /chats; absent counts as empty. */
export const CreateBody = z.strictObject({ name: ChatName.nullish() }).optional().meta({ id: 'CreateBody' });

/** Body of POST /chats/join. */
export const JoinBody = z.strictObject({ key: ChatKeyText }).meta({ id: 'JoinBody' });

/** Body of PATCH /chats/:id. */
export const RenameBody = z.strictObject({ name: ChatName }).meta({ id: 'RenameBody' });
