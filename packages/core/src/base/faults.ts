import { BeatxError, ConfigError } from "./errors.js";

/** A message names at most this many faults. */
const LISTED = 20;

/** Gathers what is wrong with a configuration, so that one error shows all of it. */
export class Faults {
  readonly #errors: ConfigError[] = [];

  /** What `read` returns; `undefined` if it throws a `ConfigError`, which is kept. Any other error is thrown on. */
  collect<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!BeatxError.hasCode(error, "CONFIG")) throw error;
      this.add(error as ConfigError);
      return undefined;
    }
  }

  add(error: ConfigError): void {
    this.#errors.push(...(error.faults ?? [error]));
  }

  /** Whether one of the faults lies in a field with one of these names. */
  concern(...fields: readonly string[]): boolean {
    return this.#errors.some(({ field }) => field !== undefined && fields.includes(field));
  }

  /** @throws ConfigError: the only fault itself, or one whose message lists all of them, each on a line of its own. */
  throwAny(): void {
    this.#throw((messages) => [`${this.#errors.length} faults:`, ...messages.map((each) => `- ${each}`)].join("\n"));
  }

  /** As `throwAny`, but the message has one line. */
  throwInOneLine(): void {
    this.#throw((messages) => messages.join("; "));
  }

  #throw(join: (messages: readonly string[]) => string): void {
    const [first, ...others] = this.#errors;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const messages = this.#errors.slice(0, LISTED).map(({ message }) => message);
    if (this.#errors.length > LISTED) messages.push(`and ${this.#errors.length - LISTED} more`);
    const field = first.field === undefined ? {} : { field: first.field };
    throw new ConfigError(join(messages), { ...field, faults: this.#errors });
  }
}
