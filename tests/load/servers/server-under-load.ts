/** A user of the load: a member of one chat, with a session. */
export interface Member {
  readonly userId: string;
  readonly chatId: string;
  /** The value of the Cookie header. */
  readonly cookie: string;
}

/** The compared servers. */
export const SERVER_NAMES = ['product', 'reference'] as const;

/** The name of a compared server. */
export type ServerName = (typeof SERVER_NAMES)[number];

/** A running server. Both have the same API. */
export interface RunningServer {
  /** Its URL, such as http://127.0.0.1:5000. */
  readonly url: string;
  /** The id of its first process, the ancestor of all others. */
  readonly pid: number;
  /** The time from the start of the process until it was ready, in milliseconds. */
  readonly startMs: number;
  /** Stops it and waits. */
  stop(): Promise<void>;
}

/** A running server with its members. */
export interface ServerUnderLoad extends RunningServer {
  readonly name: ServerName;
  readonly members: readonly Member[];
}
