import type { JsonObject } from "../base/json.js";
import { decodeCursor } from "../entry/cursor.js";
import { configuredOf } from "../entry/overridden.js";
import { isPaused, type Pause } from "../entry/pause.js";
import { isActive, type LiveEntry } from "../timetable/live-entry.js";
import { dueAt, nextToSend } from "../timetable/next-instant.js";

/** An entry as `list` and `get` show it: its definition and its state. */
export interface EntryView {
  readonly name: string;
  /** The definition, with the rule as JSON; fields at their defaults are left out. */
  readonly entry: JsonObject;
  readonly tags: readonly string[];
  /** The rule in one line. */
  readonly schedule: string;
  /** `config`: from the configuration of the nodes. `api`: created through a client. */
  readonly source: "config" | "api";
  /** The application whose configuration has it; `null`: that gives no name, or a client created the entry. */
  readonly app: string | null;
  /** A config entry that was edited through a client. */
  readonly overridden: boolean;
  /**
   * What the configuration says of an overridden entry, in the form of `entry`; `null`: the same, or it is not
   * overridden.
   */
  readonly configured: JsonObject | null;
  /** `false`: disabled in its definition, or paused. */
  readonly active: boolean;
  /** `false` if a pause has ended by itself. */
  readonly paused: boolean;
  /** Who paused it, when, why and for how long; `null`: it is not paused, or a node of an older version knew no more. */
  readonly pause: Pause | null;
  /** Changes with every edit. Pass it to `put` so that the call fails if another edit came first. */
  readonly revision: string;
  /** Epoch ms of the next run, in the past if it is overdue, after the end of a pause that ends by itself; `null`: never. */
  readonly nextRunAt: number | null;
  /** Epoch ms of the instant of the next run, which it follows by the entry's `jitterMs` and `spreadMs`; `null`: never. */
  readonly nextScheduledAt: number | null;
  /** Epoch ms of the last run; `null`: it has never run. */
  readonly lastSentAt: number | null;
  /** Occurrences sent. */
  readonly runs: number;
  /**
   * Runs that were requested by hand and sent; they are not among `runs`. One may be missing if its leader ended right
   * after it was sent, or if a node of an older version led.
   */
  readonly requestedRuns: number;
  /** Missed occurrences that the policy skipped. */
  readonly skipped: number;
  /** Of those, the ones that were given up: they could not be sent for `giveUpAfterMs`. */
  readonly givenUp: number;
  /** With `delivery: "at-most-once"`: occurrences that may or may not have been sent. */
  readonly uncertain: number;
}

/** The entry at `now` (cluster time, epoch ms). `null` for one of beatx's own records. */
export function viewEntry(live: LiveEntry, now: number): EntryView | null {
  const { name, definition, rule, cursor, revision } = live;
  if (definition.kind !== "entry") return null;
  const next = isActive(live) ? nextToSend(rule, cursor) : null;
  const paused = isPaused(definition, now);
  return {
    name,
    entry: definition.entry,
    tags: rule.tags,
    schedule: rule.schedule.toString(),
    source: definition.source,
    app: definition.app ?? null,
    overridden: definition.overridden,
    configured: configuredOf(definition),
    active: rule.enabled && !paused,
    paused,
    pause: paused ? (definition.pause ?? null) : null,
    revision,
    nextRunAt: next === null ? null : dueAt(rule, next),
    nextScheduledAt: next,
    lastSentAt: cursor?.sentAt ?? null,
    runs: cursor?.runs ?? 0,
    requestedRuns: cursor?.requested ?? 0,
    skipped: cursor?.skipped ?? 0,
    givenUp: cursor?.givenUp ?? 0,
    uncertain: (cursor?.uncertain ?? 0) + (cursor?.pending == null ? 0 : 1),
  };
}

/** Views of all entries but beatx's own records. Yields after each, so that the caller can pause. */
export function* viewEntries(entries: Iterable<LiveEntry>, now: number): Generator<void, EntryView[]> {
  const views: EntryView[] = [];
  for (const live of entries) {
    const view = viewEntry(live, now);
    if (view) views.push(view);
    yield;
  }
  return views;
}

/** The number of runs in a stored cursor; 0 if it cannot be read. */
export function runsOf(name: string, cursorText: string | null): number {
  try {
    return cursorText === null ? 0 : decodeCursor(name, cursorText).runs;
  } catch {
    return 0;
  }
}
