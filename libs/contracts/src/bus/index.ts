export { ActivityEvent, User } from './auth.js';
export { Confirmation, EVENTS, type EventPayload, type EventSubject } from './events.js';
export {
  AnyPassword,
  AnyUsername,
  ChatKeyText,
  ChatName,
  Id,
  MessageText,
  MessageTtl,
  Emoji,
  NewPassword,
  Seq,
  Time,
  Username,
} from './fields.js';
export { inboxPrefix, mayReply } from './inboxes.js';
export { SUBJECTS, type Reply, type Request, type RequestInput, type Subject } from './subjects.js';
