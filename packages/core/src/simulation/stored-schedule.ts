/** What a client has read, as a leader would read it. No I/O. */

import type { BeatStatus } from "../client/beat-status.js";
import type { EntryView } from "../client/entry-view.js";
import { type Cursor, encodeCursor, NEW_CURSOR } from "../entry/cursor.js";
import { APP_PREFIX, type AppDefinition, CLUSTER_RECORD, encodeDefinition } from "../entry/definition.js";
import { ownerOf } from "../timetable/reconcile.js";
import type { Timetable } from "../timetable/timetable.js";

/** The stored schedule, as a client reads it: `{ ...(await client.status(0)), entries: await client.list() }`. */
export interface StoredSchedule
  extends Pick<BeatStatus, "configVersion" | "removed">, Partial<Pick<BeatStatus, "apps" | "delivery">> {
  /** `app` of an entry omitted: none; `nextScheduledAt`: as `nextRunAt`. */
  readonly entries: readonly (Omit<EntryView, "app" | "nextScheduledAt"> &
    Partial<Pick<EntryView, "app" | "nextScheduledAt">>)[];
  /** Default: none. */
  readonly broken?: BeatStatus["broken"];
  /** When it was read, epoch ms: a run that was due by then is still to come. Default: the moment of the plan. */
  readonly readAt?: number;
}

export const NOTHING_STORED: StoredSchedule = { entries: [], configVersion: null, removed: [] };

/** A record of an application, as far as a plan needs it. */
export function recordOf(facts: Omit<AppDefinition, "kind" | "publisher">): AppDefinition {
  return { kind: "app", publisher: null, ...facts };
}

/** Fills in the stored schedule as a leader would read it at `now`. */
export function fill(timetable: Timetable, stored: StoredSchedule, now: number): void {
  const { entries, removed, broken = [], configVersion, apps = [], delivery, readAt = now } = stored;
  const add = (name: string, definition: Parameters<typeof encodeDefinition>[0], cursor: Cursor | null): void => {
    const text = cursor === null ? null : encodeCursor(cursor);
    timetable.apply({ name, definition: encodeDefinition(definition), revision: "stored", cursor: text }, true);
  };
  for (const { name, source, app = null, paused, pause, overridden, configured, entry, ...counts } of entries) {
    const { nextRunAt, nextScheduledAt = nextRunAt } = counts;
    const isOverdue = nextRunAt !== null && nextRunAt <= readAt;
    const settledUntil = isOverdue ? Math.min(now, (nextScheduledAt ?? nextRunAt) - 1) : now;
    const definition = {
      kind: "entry",
      source,
      ...ownerOf(app),
      effectiveFrom: settledUntil,
      paused,
      ...(pause ? { pause } : {}),
      overridden,
      ...(configured ? { configured } : {}),
      entry,
    } as const;
    add(name, definition, cursorOf(counts, settledUntil));
  }
  for (const { name, runs } of removed) {
    add(name, { kind: "removed", removedAt: now }, cursorOf({ runs }, now));
  }
  // Why they cannot be read is not known here; those of the configuration are written anew, as far as it is merged.
  for (const { name } of broken) timetable.apply({ name, definition: "", revision: "stored", cursor: null }, true);
  for (const app of apps) {
    add(APP_PREFIX + app.app, recordOf({ configVersion: app.configVersion, startedAt: 0, fingerprint: "" }), null);
  }
  // No node has led it.
  if (stored === NOTHING_STORED || (delivery === null && configVersion === null && apps.length === 0)) return;
  add(CLUSTER_RECORD, { kind: "cluster", configVersion, lockTtlMs: 0, delivery: "" }, null);
}

/** `at`: every instant up to it is settled. `null`: the entry has no history. */
function cursorOf(
  counts: Pick<EntryView, "runs"> & Partial<Pick<EntryView, "skipped" | "uncertain" | "lastSentAt" | "requestedRuns">>,
  at: number,
): Cursor | null {
  const { runs, skipped = 0, uncertain = 0, lastSentAt: sentAt = null, requestedRuns: requested = 0 } = counts;
  if (runs + skipped + uncertain === 0) return null;
  return { ...NEW_CURSOR, at, runs, skipped, sentAt, uncertain, requested };
}
