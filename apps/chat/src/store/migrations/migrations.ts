import { CreateChatTables1764000000000 } from './create-chat-tables-1764000000000.js';
import { KeepMessageTtl1764400000000 } from './keep-message-ttl-1764400000000.js';
import { RememberDeletedUsers1764100000000 } from './remember-deleted-users-1764100000000.js';

/** The migrations of chat's store, the oldest first. */
export const CHAT_MIGRATIONS = [
  CreateChatTables1764000000000,
  RememberDeletedUsers1764100000000,
  KeepMessageTtl1764400000000,
];
