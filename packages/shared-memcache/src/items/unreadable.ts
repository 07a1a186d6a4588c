import { StoreError } from "@beatx/core";

const SHOWN_LENGTH = 60;
/** A line is remembered among this many, so that it is not given twice. */
const MAX_SEEN = 1000;
/** A client may never take its lines. */
const MAX_LINES = 100;

/** beatx did not write this item, or it was damaged since. */
export class UnreadableError extends StoreError {
  constructor(what: string, key: string, text: string, wayOut: string) {
    super(`the ${what} cannot be read: ${describeItem(key, text)}; ${wayOut}`);
  }
}

/** The key and the beginning of what it holds. */
export function describeItem(key: string, text: string): string {
  const rest = text.length > SHOWN_LENGTH ? ` (${text.length} characters)` : "";
  return `${key} holds ${JSON.stringify(text.slice(0, SHOWN_LENGTH))}${rest}, which beatx did not write`;
}

/** An item that could not be read. */
export interface Damage {
  readonly key: string;
  readonly text: string;
}

/** The number of such buckets, with one of them. */
export function describeDamage(what: string, damaged: readonly Damage[]): string {
  const [{ key, text }] = damaged as readonly [Damage];
  const number = damaged.length === 1 ? `a bucket of ${what}` : `${damaged.length} buckets of ${what}`;
  const rest = damaged.length === 1 ? "" : `, and ${damaged.length - 1} more`;
  return `${number} could not be read: ${describeItem(key, text)}${rest}`;
}

/** Damage that this node has found, and what became of it, in lines for the log. Each line is given once. */
export class Notices {
  readonly #seen = new Set<string>();
  #lines: string[] = [];

  add(line: string): void {
    if (this.#seen.has(line)) return;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(line);
    this.#lines = [...this.#lines, line].slice(-MAX_LINES);
  }

  /** The lines since the last call. */
  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
