/** One setting: its default as text, what it means, and how its text becomes a value. */
export interface Setting<T> {
  readonly default: string;
  readonly meaning: string;
  /** What people read as the default, where the service works it out. */
  readonly shown?: string;
  /** Programs set it, not people. */
  readonly internal?: true;
  /** @throws {Error} with what the text must be, without the text itself: it may be a secret */
  readonly parse: (text: string) => T;
}

/** A table of settings by the name of their environment variable. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table of settings. */
export type SettingValues<T extends SettingTable> = {
  readonly [Name in keyof T]: ReturnType<T[Name]['parse']>;
};

/** A setting that cannot be used; the message is the one line that ends the start. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** The exit code of a process that a bad setting ended (EX_CONFIG of sysexits.h): no use to start it again. */
export const EXIT_BAD_SETTING = 78;

/**
 * Reads settings from the environment.
 * @param table the settings by name; an empty variable counts as not set
 * @param env the environment
 * @throws {SettingError} on the first setting that cannot be used, naming it
 */
export function readSettings<T extends SettingTable>(
  table: T,
  env: Readonly<Record<string, string | undefined>>,
): SettingValues<T> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    try {
      values[name] = setting.parse(env[name]?.trim() || setting.default);
    } catch (error) {
      throw new SettingError(`${name} ${error instanceof Error ? error.message : 'cannot be used'}`);
    }
  }
  return values as SettingValues<T>;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new Error(`must be a whole number from ${min} to ${max}`);
    return value;
  };
}

/** One of some words. */
export function oneOf<const W extends string>(...words: readonly W[]): (text: string) => W {
  return (text) => {
    const word = words.find((w) => w === text);
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`);
    return word;
  };
}

/** An address or a name to bind: whether it is one of this machine shows when it is bound. */
export function hostName(text: string): string {
  if (!/^[\w.:%-]+$/.test(text)) throw new Error('must be an address or a name');
  return text;
}

/** Any text. */
export function anyText(text: string): string {
  return text;
}
