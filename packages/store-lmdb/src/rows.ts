import type { KeyRange } from "./keys.js";

/** The rows at one moment. */
export interface RowReader {
  get<Row>(key: Buffer): Row | undefined;
  /** Up to `limit` values of the range, ordered by key. */
  range<Row>(range: KeyRange, limit: number): Row[];
}

/** The rows in one step: `get` sees the writes of the step itself, `range` does not. */
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

  get<Row>(key: Buffer): Row | undefined {
    const written = this.#writes.get(key.toString("latin1"));
    return written === undefined ? this.#stored.get<Row>(key) : (written.row as Row | undefined);
  }

  range<Row>(range: KeyRange, limit: number): Row[] {
    return this.#stored.range<Row>(range, limit);
  }

  put(key: Buffer, row: unknown): void {
    this.#writes.set(key.toString("latin1"), { key, row });
  }

  remove(key: Buffer): void {
    this.put(key, undefined);
  }
}
