/** When users were last connected, at rest. */
export abstract class LastSeenStore {
  /** Returns when each of some users was last seen, in milliseconds since 1970; a user who never was is left out. */
  abstract read(userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** Writes when some users were last seen; a time that is stored never goes back. */
  abstract write(seen: readonly (readonly [userId: string, at: number])[]): Promise<void>;
}
