/** A move of a cursor, as a write of its bucket shows it. */
export interface SeenMove {
  readonly name: string;
  readonly from: string | null;
  readonly to: string;
  /** On the bucket: of the lease under which it was written. */
  readonly fence: number;
}

/** Row of a bucket: name, number of the change that created the entry, cursor. */
type Row = readonly [name: string, createdBy: number, cursor: string];

const CURSORS = /:c:\d+$/;

/** The moves in a write of one item. None unless it is a bucket of cursors. */
export function movesIn(key: string, before: string | null, text: string): SeenMove[] {
  if (!CURSORS.test(key)) return [];
  const { fence, life, rows } = rowsOf(text);
  const old = before === null ? null : rowsOf(before);
  // Rows of another life belong to entries that the server has lost.
  const known = new Map((old?.life === life ? old.rows : []).map((row) => [row[0], row] as const));
  return rows.flatMap(([name, createdBy, to]) => {
    const row = known.get(name);
    // The row of an entry that was created again may carry on what it was.
    if (row?.[2] === to) return [];
    // A removed entry's row may be left over: it is no cursor of the new one.
    const from = row?.[1] === createdBy ? row[2] : null;
    return [{ name, from, to, fence }];
  });
}

function rowsOf(text: string): { readonly fence: number; readonly life: string; readonly rows: readonly Row[] } {
  const [fence, life, rows] = JSON.parse(text) as [number, string, Row[]];
  return { fence, life, rows };
}
