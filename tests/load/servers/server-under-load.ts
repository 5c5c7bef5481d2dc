/** One user of the load: a member of one chat, with a session. */
export interface Member {
  readonly userId: string;
  readonly chatId: string;
  /** The value of the Cookie header. */
  readonly cookie: string;
}

/** The two that are compared. */
export const SERVER_NAMES = ['product', 'reference'] as const;

/** Which of the two. */
export type ServerName = (typeof SERVER_NAMES)[number];

/** A running server; both speak the same frames at the same paths. */
export interface RunningServer {
  /** Such as http://127.0.0.1:5000. */
  readonly url: string;
  /** The first process; all the others descend from it. */
  readonly pid: number;
  /** From the start of the process until it took calls, in milliseconds. */
  readonly startMs: number;
  /** Ends it in order and waits. */
  stop(): Promise<void>;
}

/** A running server with its members. */
export interface ServerUnderLoad extends RunningServer {
  readonly name: ServerName;
  readonly members: readonly Member[];
}
