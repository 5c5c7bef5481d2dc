import { parseArgs } from 'node:util';
import { WrongUsage } from '../project.mjs';

/** One of the operators' commands: the name of its folder. */
export interface Command {
  /** What `--help` prints. */
  readonly usage: string;
  /** Its options beside `--help`. */
  readonly options?: Readonly<Record<string, { readonly type: 'string' | 'boolean'; multiple?: boolean }>>;
  /** How many arguments it takes without an option's name; none unless given. */
  readonly positionals?: { readonly min: number; readonly max: number };
  /**
   * Does the work. Results go to standard output, progress to standard error.
   * @returns the exit code, 0 unless given
   * @throws {Unfit} with the one line that people read: exit code 1
   * @throws {WrongUsage} exit code 2
   */
  run(given: Arguments): Promise<number | void>;
}

/** The arguments of a command, checked against its description. */
export class Arguments {
  constructor(
    readonly positionals: readonly string[],
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** Whether an option without a value was given. */
  has(option: string): boolean {
    return this.values[option] === true;
  }

  /** The value of an option. */
  text(option: string): string | undefined {
    const value = this.values[option];
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of an option that may be given several times. */
  texts(option: string): readonly string[] {
    const value = this.values[option];
    return Array.isArray(value) ? value.map(String) : [];
  }
}

/**
 * Reads a command's arguments.
 * @returns undefined when the usage is asked for
 * @throws {WrongUsage} for other arguments than it takes
 */
export function argumentsOf(command: Command, args: readonly string[]): Arguments | undefined {
  const { min, max } = command.positionals ?? { min: 0, max: 0 };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) return undefined;
    if (positionals.length < min) throw new Error('an argument is missing');
    const unknown = positionals[max];
    if (unknown !== undefined) throw new Error(`Unexpected argument '${unknown}'`);
    return new Arguments(positionals, values);
  } catch (error) {
    throw new WrongUsage(`${error instanceof Error ? error.message : 'bad arguments'}\n${command.usage}`);
  }
}
