import { quoteName } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { backfillOf } from "../timetable/backfill.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import { BACKFILL_PREFIX } from "./backfill.js";
import type { Connection } from "./connection.js";
import { conflict } from "./edit.js";
import { readNames, readPages } from "./read-entries.js";

/** A backfill that is under way. */
export interface BackfillView {
  readonly id: string;
  /** Name of the entry. */
  readonly entry: string;
  /** The first and the last instant, epoch ms. */
  readonly first: number;
  readonly last: number;
  /** Number of occurrences, and how many of them were sent. */
  readonly total: number;
  readonly sent: number;
  /** Epoch ms. */
  readonly requestedAt: number;
  /** Epoch ms at which the last one was sent; `null`: none yet. */
  readonly lastSentAt: number | null;
  readonly maxPerSecond: number;
}

/** The backfills that are under way, the oldest request first. @throws StoreError */
export async function readBackfills(connection: Connection): Promise<BackfillView[]> {
  const views: BackfillView[] = [];
  for await (const { entries } of readPages(connection, { prefix: BACKFILL_PREFIX })) {
    for (const live of entries.values()) views.push(...viewBackfill(live));
  }
  return views.sort((one, other) => one.requestedAt - other.requestedAt);
}

function viewBackfill(live: LiveEntry): BackfillView[] {
  const definition = backfillOf(live);
  if (!definition) return [];
  const { rule, cursor } = live;
  const { id, of: entry, requestedAt } = definition;
  const { total, everyMs } = definition.backfill;
  const sending = { sent: cursor?.runs ?? 0, lastSentAt: cursor?.sentAt ?? null, maxPerSecond: 1000 / everyMs };
  return [{ id, entry, first: rule.startAt!, last: rule.endAt!, total, requestedAt, ...sending }];
}

/** Ends a backfill: nothing more of it is sent. @throws BeatxError `NOT_FOUND`: it is complete or unknown; `CONFLICT` */
export async function cancelBackfill(connection: Connection, id: string): Promise<void> {
  const name = BACKFILL_PREFIX + id;
  const revision = (await readNames(connection, [name])).revisionOf(name);
  if (revision === null) throw new BeatxError("NOT_FOUND", `there is no backfill ${quoteName(id)}: it may be complete`);
  const [result] = await connection.store.setSchedule([{ name, definition: null, expectedRevision: revision }]);
  if (result?.status !== "done") throw conflict(name);
}
