import { z } from 'zod';

/** One setting: its default as text, what it means, and the schema that turns its text into a value. */
export interface Setting<T> {
  readonly default: string;
  readonly meaning: string;
  /** The default as people read it, where the service derives it. */
  readonly shown?: string;
  /** Programs set it, not people. */
  readonly internal?: true;
  /** Its messages say what the text must be, without the text itself: it may be a secret. */
  readonly schema: z.ZodType<T, string>;
}

/** A table of settings by the name of their environment variable. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table of settings. */
export type SettingValues<T extends SettingTable> = {
  readonly [Name in keyof T]: z.output<T[Name]['schema']>;
};

/** A setting that cannot be used; the message is the one line that ends the start. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** The exit code of a process that a bad setting ended (EX_CONFIG of sysexits.h): a restart does not help. */
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
  const values = Object.entries(table).map(([name, setting]) => {
    const { data, error } = setting.schema.safeParse(env[name]?.trim() || setting.default);
    if (error) throw new SettingError(`${name} ${error.issues[0]?.message}`);
    return [name, data] as const;
  });
  return Object.fromEntries(values) as SettingValues<T>;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(z.number().min(min, error).max(max, error));
}

/** One of some words. */
export function oneOf<const W extends readonly string[]>(...words: W): z.ZodType<W[number], string> {
  return z.string().pipe(z.enum(words, `must be one of ${words.join(', ')}`));
}

/** An address or a name to bind; binding it shows whether this machine has it. */
export const hostName = z.string().regex(/^[\w.:%-]+$/, 'must be an address or a name');
