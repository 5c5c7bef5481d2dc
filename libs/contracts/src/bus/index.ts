export { ActivityEvent, NewSession, ServiceHealth, User } from './auth.js';
export { BusChat } from './chat.js';
export { Confirmation, EVENTS, type EventPayload, type EventSubject } from './events.js';
export {
  AnyPassword,
  AnyUsername,
  ChatKeyText,
  ChatName,
  Digest,
  Id,
  MessageText,
  NewPassword,
  Seq,
  Time,
  UserAgent,
  Username,
} from './fields.js';
export { SUBJECTS, type Reply, type Request, type RequestInput, type Subject } from './subjects.js';
