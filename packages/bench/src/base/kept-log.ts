import { type Logger, silentLogger } from "@beatx/core";

const LIMIT = 5;

/** Keeps the first warnings and errors of a beat, so that a cell that failed says why. */
export class KeptLog {
  readonly lines: string[] = [];
  readonly logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => this.#keep(message),
    error: (_fields, message) => this.#keep(message),
  };

  #keep(message: string): void {
    if (this.lines.length < LIMIT) this.lines.push(message);
  }
}
