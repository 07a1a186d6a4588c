import type { JsonObject, JsonValue } from "../base/json.js";
import type { Schedule, ScheduleJson } from "../contract/schedule.js";

/** A moment: a `Date`, epoch ms, or ISO 8601 with an offset (`2026-03-01T07:00:00+01:00`). */
export type InstantInput = Date | number | string;

/** What happens to occurrences whose instant passed while nobody could send them (R16). */
export type MissedPolicy = "skip" | "latest" | "all";

/** When a new entry runs first. */
export type FirstRun = "next" | "now";

/** What becomes of an entry that is over: kept, with its counts, or removed. */
export type WhenDone = "keep" | "remove";

/** A periodic task as users write it. */
export interface EntryInput {
  /** Name of the task, as the workers know it. */
  readonly task: string;
  /** `crontab(…)`, `interval(…)`, `clocked(…)`, their JSON, or a short text: `"30s"`, `"0 7 * * mon-fri"`. */
  readonly schedule: Schedule | ScheduleJson | string;
  /** Positional arguments. Default none. */
  readonly args?: readonly JsonValue[];
  /** Keyword arguments. Default none. */
  readonly kwargs?: JsonObject;
  /** For the publisher: queue, priority, headers, … Each publisher documents its own. */
  readonly options?: JsonObject;
  /** `false`: kept, but never due. Default `true`. */
  readonly enabled?: boolean;
  /**
   * `latest` (default): one catch-up run for all that was missed. `all`: each of them, oldest first, at most
   * `maxCatchUp`. `skip`: none that is more than 10 s (or a period, if that is shorter) late.
   */
  readonly missed?: MissedPolicy;
  /** How late an occurrence may still be sent, in ms; less than 1000 counts as 1000. `null` (default): however late. */
  readonly deadlineMs?: number | null;
  /** Bound of `missed: "all"`: the newest so many are sent. Default 100. */
  readonly maxCatchUp?: number;
  /** No occurrence before this moment. */
  readonly startAt?: InstantInput | null;
  /** No occurrence after this moment. */
  readonly endAt?: InstantInput | null;
  /** The entry ends after so many occurrences were sent. */
  readonly maxRuns?: number | null;
  /** `"now"`: a new entry runs at once, and then by its schedule. Default `"next"`: by its schedule only. */
  readonly firstRun?: FirstRun;
  /** What becomes of an entry that will never run again (a moment that is past, `endAt`, `maxRuns`). Default `"keep"`. */
  readonly whenDone?: WhenDone;
  /** Moves the entry's runs by a fixed part of this time, chosen by its name, so that not all run at second 0. Default 0. */
  readonly jitterMs?: number;
  /** How long after its instant a worker may still start an occurrence, in ms. Default `null`: no limit. */
  readonly expiresMs?: number | null;
  /** For people. */
  readonly description?: string;
}

/** A checked entry: nothing optional, instants in epoch ms. */
export interface Entry {
  readonly task: string;
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
  readonly expiresMs: number | null;
  readonly description: string;
}

/** Names of this form are kept for beatx itself. */
export const RESERVED_PREFIX = "@beatx/";
