import type { KeyRange } from "./keys.js";

/** A row whose bytes cannot be decoded. */
export const UNREADABLE: unique symbol = Symbol("unreadable row");

/** The text of an entry whose own text is unreadable. No definition and no cursor, so only this entry is broken. */
export const UNREADABLE_TEXT = "(unreadable row)";

/** Revision numbers are below this, which is far in the future. */
const NUMBER_LIMIT = 2 ** 47;

/** The rows at one moment. Any row may be damaged: the functions that read a kind of row check it. */
export interface RowReader {
  /** The decoded row; `undefined`: none; `UNREADABLE`. */
  get(key: Buffer): unknown;
  /** Whether there is a row, readable or not. */
  has(key: Buffer): boolean;
  /** Up to `limit` keys of the range, in their order. */
  keys(range: KeyRange, limit: number): Buffer[];
}

/** The rows in one step: `get` and `has` see the writes of the step itself, `keys` does not. */
export interface RowWriter extends RowReader {
  put(key: Buffer, row: unknown): void;
  remove(key: Buffer): void;
}

/** One row to write; `undefined` removes it. */
export interface RowWrite {
  readonly key: Buffer;
  readonly row: unknown;
}

/** Collects the writes of a step, so that nothing is written before the step has decided everything. */
export class CollectedRows implements RowWriter {
  readonly #stored: RowReader;
  readonly #writes = new Map<string, RowWrite>();

  constructor(stored: RowReader) {
    this.#stored = stored;
  }

  get writes(): readonly RowWrite[] {
    return [...this.#writes.values()];
  }

  get(key: Buffer): unknown {
    const written = this.#writes.get(key.toString("latin1"));
    return written === undefined ? this.#stored.get(key) : written.row;
  }

  has(key: Buffer): boolean {
    const written = this.#writes.get(key.toString("latin1"));
    return written === undefined ? this.#stored.has(key) : written.row !== undefined;
  }

  keys(range: KeyRange, limit: number): Buffer[] {
    return this.#stored.keys(range, limit);
  }

  put(key: Buffer, row: unknown): void {
    this.#writes.set(key.toString("latin1"), { key, row });
  }

  remove(key: Buffer): void {
    this.put(key, undefined);
  }
}

/** The fields of a row, each to be checked; none for a row that is no object. */
export function fieldsOf(row: unknown): Readonly<Record<string, unknown>> {
  return typeof row === "object" && row !== null ? (row as Record<string, unknown>) : {};
}

/** Whether the value can be the number of a change. */
export function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < NUMBER_LIMIT;
}
