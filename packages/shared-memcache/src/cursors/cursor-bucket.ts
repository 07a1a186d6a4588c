import { StoreError } from "@beatx/core";

/** The cursor of an entry that was created by change `createdBy`. */
export interface CursorRow {
  readonly createdBy: number;
  readonly cursor: string;
}

/** The cursors of some entries, kept in one item and written under the lease only. */
export interface CursorBucket {
  /** Under an older lease nothing is written any more. */
  readonly fence: number;
  /** The manifest's life: cursors of another one belong to entries that are no more. */
  readonly life: string;
  readonly rows: Map<string, CursorRow>;
}

export function encodeCursors({ fence, life, rows }: CursorBucket): string {
  const list = Array.from(rows, ([name, { createdBy, cursor }]) => [name, createdBy, cursor]);
  return JSON.stringify([fence, life, list]);
}

/** @throws StoreError for a text that is not one of beatx. */
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
