/** A wrong command line. The message says in one line what is wrong, and then shows the usage. */
export class UsageError extends Error {
  constructor(problem: string, usage: string);
}

/** How the value of an option is read, and what it is if the option is not given. */
export interface Option<Value> {
  readonly takesValue: boolean;
  readonly fallback: Value;
}

/** An option without a value: true if it is given. */
export const flag: Option<boolean>;

/** A text that is not empty; `expected` describes it in errors. */
export function text<Fallback>(expected: string, fallback: Fallback): Option<string | Fallback>;

/** A whole number from `least` on. */
export function wholeNumber<Fallback>(least: number, fallback: Fallback): Option<number | Widened<Fallback>>;

/** A number from `least` on, with or without decimals. */
export function decimalNumber<Fallback>(least: number, fallback: Fallback): Option<number | Widened<Fallback>>;

/** Some of the known names, separated by commas. */
export function namesOf<Fallback>(known: readonly string[], fallback: Fallback): Option<readonly string[] | Fallback>;

type Widened<Fallback> = Fallback extends number ? number : Fallback;

/** What a command understands. */
export interface Command<Options> {
  /** Follows `usage: `; may have several lines. */
  readonly usage: string;
  readonly options?: Options;
  /** The words that may stand without an option. */
  readonly names?: readonly string[];
}

/** The value of each option. */
export type ValuesOf<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends Option<infer Value> ? Value : never;
};

/**
 * The values of the options, and under `names` the words without an option. An option that is not given has its fallback.
 *
 * @throws UsageError that names the option and its value
 */
export function readCommandLine<Options extends Readonly<Record<string, Option<unknown>>>>(
  args: readonly string[],
  command: Command<Options>,
): ValuesOf<Options> & { readonly names: readonly string[] };

/** Reads with `read`. A wrong command line ends the process with exit code 2 and says why; `--help` shows the usage. */
export function orUsage<Value>(read: () => Value): Value;
