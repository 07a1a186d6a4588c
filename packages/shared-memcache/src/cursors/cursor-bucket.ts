import { isCount } from "../items/checks.js";
import { decodeItem, encodeItem } from "../items/fenced-item.js";

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
  return encodeItem({ fence, fields: [life, list] });
}

/** A bucket as it was read. Damaged rows are left out and counted. */
export interface ReadCursors extends CursorBucket {
  readonly damagedRows: number;
}

/** `null`: beatx did not write this text, or it was damaged since. */
export function decodeCursors(text: string): ReadCursors | null {
  const item = decodeItem(text, 2);
  const [life, list] = item?.fields ?? [];
  if (!item || typeof life !== "string" || !Array.isArray(list)) return null;
  const rows = new Map<string, CursorRow>();
  for (const row of list as readonly unknown[]) {
    const [name, createdBy, cursor] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (typeof name === "string" && isCount(createdBy) && typeof cursor === "string")
      rows.set(name, { createdBy, cursor });
  }
  return { fence: item.fence, life, rows, damagedRows: list.length - rows.size };
}
