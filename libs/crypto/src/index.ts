export { OpenError } from './aead.js';
export { ChatKeyFormatError, createChatKey, formatChatKey, parseChatKey } from './chat-key.js';
export { contentDigest } from './content-digest.js';
export { openChatName, sealChatName } from './chat-name-seal.js';
export { deriveMessageKey, deriveNameKey, messageKeyFromBytes, messageKeyToBytes } from './derive.js';
export { lookupIndex, unwrapChatKey, wrapChatKey, wrappedKeyVersion } from './key-wrap.js';
export {
  createMasterKeyLine,
  MasterKeyFormatError,
  MasterKeys,
  parseMasterKeys,
  type MasterKey,
} from './master-key.js';
export {
  assertSealAllowed,
  MAX_SEALS_PER_KEY,
  openMessage,
  SealLimitError,
  sealMessage,
  splitSealed,
  type MessageContext,
} from './message-seal.js';
export { openReaction, sealReaction } from './reaction-seal.js';
export { bytesToUuid, uuidToBytes } from './uuid-bytes.js';
