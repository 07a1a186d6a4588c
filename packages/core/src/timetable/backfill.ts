/** Backfills: the occurrences of past instants, sent one after the other (R50). Pure functions. */

import type { Schedule } from "../contract/schedule.js";
import type { Cursor } from "../entry/cursor.js";
import type { BackfillDefinition, RunDefinition } from "../entry/definition.js";
import type { Decision } from "./due.js";
import type { LiveEntry } from "./live-entry.js";
import { nextInstant } from "./next-instant.js";

/** Requested runs that are those of a backfill. */
export type Backfill = RunDefinition & { readonly backfill: BackfillDefinition };

/** The backfill of a stored record; `undefined`: it is none. */
export function backfillOf({ definition }: Pick<LiveEntry, "definition">): Backfill | undefined {
  return definition.kind === "run" && definition.backfill ? (definition as Backfill) : undefined;
}

/** When the occurrence of the backfill's next instant is sent, epoch ms: one after the other, however late the first is. */
export function backfillDueAt({ requestedAt, backfill }: Backfill, cursor: Cursor | null): number {
  return Math.max(requestedAt, (cursor?.sentAt ?? -Infinity) + backfill.everyMs);
}

/** The next step of a backfill: nothing is skipped, and no instant is too old. `null`: it is complete. */
export function decideBackfill({ rule, cursor }: Pick<LiveEntry, "rule" | "cursor">): Decision | null {
  const next = nextInstant(rule, cursor);
  return next === null ? null : { send: [next], to: next, skipped: 0, atLeast: false };
}

/** The rule without some of its instants. `except`: epoch ms, ascending. */
export function withoutInstants(schedule: Schedule, except: readonly number[]): Schedule {
  if (except.length === 0) return schedule;
  const excluded = new Set(except);
  return {
    type: schedule.type,
    next(after) {
      let next = schedule.next(after);
      while (next !== null && excluded.has(next)) next = schedule.next(next);
      return next;
    },
    toJSON: () => schedule.toJSON(),
    toString: () => schedule.toString(),
  };
}

/** Whether requested runs have all been sent: their record is removed. `false` if its rule throws, which makes it broken. */
export function hasSentAll({ definition, rule, cursor }: Pick<LiveEntry, "definition" | "rule" | "cursor">): boolean {
  if (definition.kind !== "run" || cursor === null) return false;
  try {
    return definition.backfill === undefined || nextInstant(rule, cursor) === null;
  } catch {
    return false;
  }
}
