import type { JsonObject, JsonValue } from "../base/json.js";
import type { Schedule, ScheduleJson } from "../contract/schedule.js";
import type { ExcludedDay } from "../schedule/excluded-days.js";
import type { OnExcluded } from "../schedule/excluding.js";
import type { EntryOverlap } from "./overlap.js";

/** A moment: a `Date`, epoch ms, or ISO 8601 with an offset (`2026-03-01T07:00:00+01:00`). */
export type InstantInput = Date | number | string;

/** How missed occurrences are treated: those that were not sent at their instant (R16). */
export type MissedPolicy = "skip" | "latest" | "all";

/** The first run of a new entry. */
export type FirstRun = "next" | "now";

/** Whether a done entry is kept, with its counts, or removed. */
export type WhenDone = "keep" | "remove";

/** A periodic task as users write it. */
export interface EntryInput {
  /** The task's name, as the workers know it. */
  readonly task: string;
  /** `crontab(…)`, `interval(…)`, `clocked(…)`, their JSON, or a string such as `"30s"` or `"0 7 * * mon-fri"`. */
  readonly schedule: Schedule | ScheduleJson | string;
  /**
   * Days without runs: `"2026-12-24"`, `"2026-12-24/2026-12-26"`, `"12-24"` of each year, `"12-24/01-06"`, `"sun"`, or a
   * calendar: `{ calendar: "de-BE" }` has the public holidays of Berlin (package `@beatx/calendar-holidays`). Days are
   * those of the rule's zone; if it has none, of `exceptTimezone`. At most 1000. Default none.
   */
  readonly except?: readonly ExcludedDay[];
  /**
   * What becomes of a run on a day of `except`. `"skip"` (default): it is left out. `"next-day"`, `"previous-day"`: it moves to
   * the nearest day that is not excluded, at the same time of the wall clock; runs that then coincide are one.
   */
  readonly onExcluded?: OnExcluded;
  /** Zone of the days in `except`, for a rule that reads none, such as an interval. Default: that of the configuration. */
  readonly exceptTimezone?: string;
  /** Positional arguments. Default none. */
  readonly args?: readonly JsonValue[];
  /** Keyword arguments. Default none. */
  readonly kwargs?: JsonObject;
  /** Options for the publisher: queue, priority, headers, … Each publisher documents its own. */
  readonly options?: JsonObject;
  /** `false`: the entry is kept, but never due. Default `true`. */
  readonly enabled?: boolean;
  /**
   * Missed occurrences. `latest` (default): one catch-up run for all of them. `all`: one run each, oldest first, at
   * most `maxCatchUp`. `skip`: none that is more than 10 s (or a period, if that is shorter) late.
   */
  readonly missed?: MissedPolicy;
  /** An occurrence is sent at most this late, in ms; a value below 1000 counts as 1000. `null` (default): no limit. */
  readonly deadlineMs?: number | null;
  /** With `missed: "all"`: at most this many are sent, the newest ones. Default 100, at most 10 000. */
  readonly maxCatchUp?: number;
  /** No occurrence is due before this moment. */
  readonly startAt?: InstantInput | null;
  /** No occurrence is due after this moment. */
  readonly endAt?: InstantInput | null;
  /** The entry is done after this many occurrences were sent. `null` (default): no limit. */
  readonly maxRuns?: number | null;
  /** `"next"` (default): a new entry first runs when its schedule says. `"now"`: it also runs at once. */
  readonly firstRun?: FirstRun;
  /**
   * Keeps or removes a done entry: one that will never run again (its moment is past, `endAt`, `maxRuns`). Default
   * `"keep"`.
   */
  readonly whenDone?: WhenDone;
  /**
   * Delays the entry's runs by a fixed part of this time, in ms, derived from its name, so not all entries run at
   * second 0. Default 0.
   */
  readonly jitterMs?: number;
  /**
   * Delays each run by a part of this time, in ms, of its own: derived from the entry's name and the instant, and never beyond
   * the next instant. It adds to `jitterMs`. Default 0.
   */
  readonly spreadMs?: number;
  /** A worker may start an occurrence within this time after its instant, in ms. `null` (default): no limit. */
  readonly expiresMs?: number | null;
  /**
   * `{ policy: "skip", ttlMs }`: an occurrence is not sent while the entry's earlier run still waits or runs, for at most
   * `ttlMs` from the sending of that one; it counts as skipped. Default `"allow"`.
   */
  readonly overlap?: EntryOverlap;
  /**
   * An occurrence that could not be sent for this time is given up, in ms: it goes to `deadLetter`, and the next one is due.
   * `null` (default): as the beat's `giveUpAfterMs` says.
   */
  readonly giveUpAfterMs?: number | null;
  /** For people. */
  readonly description?: string;
  /**
   * Groups of entries: `client.pause({ tag })`, `client.list({ tag })`. At most 20, each a non-empty text of at most 100
   * characters, none twice. Default none.
   */
  readonly tags?: readonly string[];
}

/** A checked entry: all fields are set, moments are epoch ms. */
export interface Entry {
  readonly task: string;
  /** The rule without its excluded days: what is due. `entryToJson` writes both apart. */
  readonly schedule: Schedule;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  readonly options: JsonObject;
  readonly enabled: boolean;
  readonly missed: MissedPolicy;
  readonly deadlineMs: number | null;
  readonly maxCatchUp: number;
  readonly startAt: number | null;
  readonly endAt: number | null;
  readonly maxRuns: number | null;
  readonly firstRun: FirstRun;
  readonly whenDone: WhenDone;
  readonly jitterMs: number;
  readonly spreadMs: number;
  readonly expiresMs: number | null;
  readonly giveUpAfterMs: number | null;
  readonly overlap: EntryOverlap;
  readonly description: string;
  readonly tags: readonly string[];
}

/** Names with this prefix are reserved for beatx. */
export const RESERVED_PREFIX = "@beatx/";
