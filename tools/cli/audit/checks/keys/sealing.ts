import { deriveMessageKey, openMessage, parseChatKey } from '@app/crypto';
import type { Canaries } from '../../canaries/canaries.js';
import { idBytes, type DataFolder } from '../../data-folder.js';
import type { Outcome } from '../../report.js';
import { storedMessages } from './stored-messages.js';

/** Opens every canary row in its place, and tries it in every other: another chat, message, sender, seq or time. */
export function sealing(folder: DataFolder, canaries: Canaries): Outcome {
  const findings: string[] = [];
  let rows = 0;
  for (const { id, key, texts } of canaries.chats) {
    const messageKey = deriveMessageKey(parseChatKey(key), idBytes(id));
    const stored = storedMessages(folder, id);
    if (stored.length === 0)
      findings.push('a canary chat has no stored message: is DATA_DIR that of the server on PORT?');
    const contents = stored.map(({ sealed }) => sealed.subarray(1, 13).toString('hex'));
    if (new Set(contents).size !== contents.length) findings.push('a nonce was used twice');
    for (const { context, sealed } of stored) {
      rows += 1;
      const own = (): boolean => openMessage(messageKey, context, sealed) === texts[context.seq - 1];
      if (!opens(own) || !own())
        findings.push(`message ${context.seq} of a canary chat does not open in its place`);
      const other = Buffer.alloc(16, 7);
      const elsewhere = [
        { chatId: other },
        { messageId: other },
        { senderId: other },
        { clientMessageId: other },
        { seq: context.seq + 1 },
        { sentAt: context.sentAt + 1 },
      ];
      for (const change of elsewhere)
        if (opens(() => openMessage(messageKey, { ...context, ...change }, sealed)))
          findings.push(
            `message ${context.seq} of a canary chat opens with another ${Object.keys(change).join()}`,
          );
      const turned = Buffer.from(sealed);
      turned[sealed.length - 1] = (turned[sealed.length - 1] ?? 0) ^ 1;
      if (opens(() => openMessage(messageKey, context, turned))) findings.push('an edited row opens');
    }
  }
  return { says: `${rows} stored canary messages open in their own place alone`, findings };
}

/** Whether something can be opened. */
export function opens(open: () => unknown): boolean {
  const { stackTraceLimit } = Error;
  // Nearly every try ends in an error, whose stack would cost more than the try.
  Error.stackTraceLimit = 0;
  try {
    open();
    return true;
  } catch {
    return false;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
