/** A message as a store keeps it: ciphertext and what it is bound to. Never leaves this process. */
export interface StoredMessage {
  readonly seq: number;
  /** 16 bytes, as every id here. */
  readonly id: Buffer;
  readonly sender_id: Buffer;
  readonly client_id: Buffer;
  /** Milliseconds since 1970. */
  readonly sent_at: number;
  readonly deleted_at: number | null;
  /** Null once the text is erased. */
  readonly sealed: Buffer | null;
}
