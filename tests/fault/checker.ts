import type { Message } from '@app/contracts/edge';

/** What happened in one chat, as those saw it who took part. */
export interface ChatHistory {
  readonly chatId: string;
  /** Who may read it. */
  readonly memberIds: readonly string[];
  /** Texts that were sent, by client message id. */
  readonly sent: ReadonlyMap<string, string>;
  /** Messages whose sender was told that they are on disk. */
  readonly acknowledged: readonly Message[];
  /** What each client was shown, in the order of showing. */
  readonly seen: readonly { readonly userId: string; readonly messages: readonly Message[] }[];
  /** What the store holds at the end, by seq. */
  readonly stored: readonly Message[];
}

/** How often each promise was broken; 0 everywhere is what is promised. */
export interface Verdict {
  acknowledgedAndMissing: number;
  storedTwice: number;
  seqGaps: number;
  seenOutOfOrder: number;
  changedText: number;
  seenByNonMember: number;
}

/** A verdict before anything was looked at. */
export function noFaults(): Verdict {
  return {
    acknowledgedAndMissing: 0,
    storedTwice: 0,
    seqGaps: 0,
    seenOutOfOrder: 0,
    changedText: 0,
    seenByNonMember: 0,
  };
}

/**
 * Checks the history of a chat against promises 1 to 3: single-key checks in the spirit of Jepsen and Elle.
 * @param history what happened
 * @param verdict is added to
 */
export function check(history: ChatHistory, verdict: Verdict): void {
  const { sent, acknowledged, seen, stored, memberIds } = history;
  const bySeq = new Map(stored.map((message) => [message.seq, message]));
  for (const message of acknowledged)
    if (bySeq.get(message.seq)?.clientMessageId !== message.clientMessageId) verdict.acknowledgedAndMissing++;
  const ids = new Set<string | null>();
  stored.forEach((message, i) => {
    if (ids.has(message.clientMessageId)) verdict.storedTwice++;
    ids.add(message.clientMessageId);
    if (message.seq !== i + 1) verdict.seqGaps++;
    if (message.clientMessageId === null || sent.get(message.clientMessageId) !== message.text)
      verdict.changedText++;
  });
  for (const { userId, messages } of seen) {
    if (!memberIds.includes(userId) && messages.length > 0) verdict.seenByNonMember++;
    messages.forEach((message, i) => {
      const before = messages[i - 1];
      if (before && message.seq !== before.seq + 1) verdict.seenOutOfOrder++;
      if (bySeq.get(message.seq)?.text !== message.text) verdict.changedText++;
    });
  }
}
