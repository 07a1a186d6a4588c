import type { CursorMove, MoveResult } from "@beatx/core/adapter";
import { readCursor, readEntry } from "./definitions.js";
import type { History } from "./history.js";
import type { Keys } from "./keys.js";
import type { RowWriter } from "./rows.js";

/** The occurrence of a move may be this far ahead of the clock, in ms (R18). */
const MAX_EARLY_MS = 50;

/** Makes each move that passes its tests. The caller has compared the lease in the same step (I3). */
export function moveCursors(
  rows: RowWriter,
  keys: Keys,
  history: History,
  moves: readonly CursorMove[],
  now: number,
): MoveResult[] {
  return moves.map((move) => {
    const refusal = refusalOf(rows, keys, history, move, now);
    if (refusal !== undefined) return refusal;
    rows.put(keys.cursor(move.name), move.to);
    if (move.record) rows.put(keys.record(move.name, move.record.slot), move.record.text ?? move.to);
    return { status: "done" };
  });
}

/**
 * The tests of R20, in their order. The cursor comes before the definition, so that a repeated command learns that its
 * first copy was applied (R21).
 */
function refusalOf(
  rows: RowWriter,
  keys: Keys,
  history: History,
  { name, from, definitionRevision, dueAt, outbox }: CursorMove,
  now: number,
): MoveResult | undefined {
  // A definition is much longer than its cursor, and most moves only ask whether it exists.
  if (!rows.has(keys.definition(name))) return { status: "changed" };
  const cursor = readCursor(rows, keys, name);
  if (cursor !== from) return { status: "moved", cursor };
  if (definitionRevision !== null && definitionRevision !== readEntry(rows, keys, history, name)?.revision) {
    return { status: "changed" };
  }
  if (dueAt > now + MAX_EARLY_MS) return { status: "early" };
  if (outbox !== undefined && outbox.length > 0) return { status: "refused", reason: "an lmdb store has no queues" };
  return undefined;
}
