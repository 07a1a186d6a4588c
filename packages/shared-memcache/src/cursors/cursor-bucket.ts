import { StoreError } from "@beatx/core";

/** The cursor of the entry that change number `createdBy` created. */
export interface CursorRow {
  readonly createdBy: number;
  readonly cursor: string;
}

/** The cursors of some entries, kept in one item. Only the leader writes them, under its lease. */
export interface CursorBucket {
  /** Leases with a lower fence can no longer write. */
  readonly fence: number;
  /** The manifest's life. Cursors of another life belong to lost entries. */
  readonly life: string;
  readonly rows: Map<string, CursorRow>;
}

export function encodeCursors({ fence, life, rows }: CursorBucket): string {
  const list = Array.from(rows, ([name, { createdBy, cursor }]) => [name, createdBy, cursor]);
  return JSON.stringify([fence, life, list]);
}

/** @throws StoreError for a text that beatx did not write. */
export function decodeCursors(text: string): CursorBucket {
  try {
    const [fence, life, list] = JSON.parse(text) as [number, string, [string, number, string][]];
    return { fence, life, rows: new Map(list.map(([name, createdBy, cursor]) => [name, { createdBy, cursor }])) };
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 100));
    throw new StoreError(`a key of cursors holds ${shown}, which beatx did not write: choose another namespace`, {
      cause,
    });
  }
}
