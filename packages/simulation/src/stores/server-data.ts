import type { CursorMove } from "@beatx/core/adapter";

export interface Row {
  readonly definition: string;
  readonly sequence: number;
  readonly cursor: string | null;
  /** The record in each slot (R48). */
  readonly records: readonly (string | undefined)[];
}

/** What a server keeps. Everything in it is replaced, never changed, so a copy of the maps is a snapshot. */
export interface Data {
  readonly rows: Map<string, Row>;
  readonly removed: Map<string, number>;
  /** What holds up the next message of an entry, by its key (R52). */
  readonly holds: Map<string, Hold>;
  sequence: number;
  /** The life of the data (R33). */
  life: number;
}

interface Hold {
  readonly value: string;
  /** Epoch ms of the server. */
  readonly until: number;
}

export function moved(row: Row, { to, record }: CursorMove): Row {
  if (!record) return { ...row, cursor: to };
  const records = [...row.records];
  records[record.slot] = record.text ?? to;
  return { ...row, cursor: to, records };
}

export function emptyData(life: number): Data {
  return { rows: new Map(), removed: new Map(), holds: new Map(), sequence: 0, life };
}

export function copyOf({ rows, removed, holds, ...rest }: Readonly<Data>): Data {
  return { ...rest, rows: new Map(rows), removed: new Map(removed), holds: new Map(holds) };
}

/** Whether another message holds up the one of this move (R52). `now`: epoch ms of the server. */
export function isHeld({ holds }: Data, { outbox = [] }: CursorMove, now: number): boolean {
  return outbox.some(({ unlessHeld }) => {
    const found = unlessHeld && holds.get(unlessHeld.key);
    return found !== undefined && found.value !== unlessHeld!.value && now < found.until;
  });
}

/** Its message holds up the next one from now on. */
export function hold({ holds }: Data, { outbox = [] }: CursorMove, now: number): void {
  for (const { unlessHeld } of outbox) {
    if (unlessHeld) holds.set(unlessHeld.key, { value: unlessHeld.value, until: now + unlessHeld.ttlMs });
  }
}
