/** Prints a line about the work under way, on standard error. */
export const say = (line: string): void => console.error(`secure-chat: ${line}`);
