/** A message as a store keeps it: ciphertext and what it is bound to. Never leaves this process. */
export interface StoredMessage {
  readonly seq: number;
  /** 16 bytes, as every id here. */
  readonly id: Buffer;
  readonly sender_id: Buffer;
  readonly client_id: Buffer;
  /** Milliseconds since 1970, as every time here. */
  readonly sent_at: number;
  readonly deleted_at: number | null;
  /** Null once the text is erased. */
  readonly sealed: Buffer | null;
  /** The revision of its latest change. */
  readonly rev: number;
  readonly reply_to: Buffer | null;
  readonly edited_at: number | null;
  readonly expires_at: number | null;
  /** Its sealed reactions, one after the other (`reactions.ts`), or null. */
  readonly reactions: Buffer | null;
  /** Once it was edited: the keyed digest of what it was first sent with. */
  readonly first_content: Buffer | null;
}
