import {
  BeatxError,
  ConfigError,
  type EntryInput,
  type PlannedEntry,
  type PlannedSchedule,
  planSchedule,
  type RuleType,
  type StoredSchedule,
} from "@beatx/core";
import { findScheduleTypes } from "../configuration/find-schedule-types.js";
import { hasNoStore } from "../configuration/default-store.js";
import type { Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { noEntry } from "../configuration/with-entry.js";

export interface Planner {
  /** The plan of a leader that starts at a moment, epoch ms. @throws ConfigError for a wrong entry of the configuration. */
  readonly planAt: (now: number) => PlannedSchedule;
  /** The types and calendars of packages that its entries need. */
  readonly scheduleTypes: readonly RuleType[];
}

/**
 * Reads all that a leader merges: the configuration file and, unless `fileOnly`, the stored schedule. `readAt`: now, epoch ms.
 * @throws ConfigError if there is nothing to plan; StoreError if the store does not answer.
 */
export async function loadPlanner(settings: Settings, fileOnly: boolean, readAt: number): Promise<Planner> {
  const { schedule } = settings.options;
  if (schedule === undefined && fileOnly) {
    throw new ConfigError(`${settings.configName ?? "the configuration"} has no schedule: leave --file-only out`, {
      field: "schedule",
    });
  }
  const isUnstored = fileOnly || (schedule !== undefined && hasNoStore(settings));
  const stored = isUnstored ? undefined : { ...(await readStored(settings)), readAt };
  const storedInputs = (stored?.entries ?? []).map(({ entry }) => entry as unknown as EntryInput);
  const scheduleTypes = await findScheduleTypes([...Object.values(schedule ?? {}), ...storedInputs], settings);
  const configuration = { ...settings.options, timezone: settings.timezone, scheduleTypes };
  return { planAt: (now) => planSchedule(configuration, stored, now), scheduleTypes };
}

function readStored(settings: Settings): Promise<StoredSchedule> {
  return withClient(settings, async (client) => {
    const entries = await client.list();
    return { ...(await client.status(0)), entries };
  });
}

/**
 * The named entries of the plan, or all.
 * @throws BeatxError `BAD_ENTRY` for a named one that cannot be read, `NOT_FOUND` for one that is in neither.
 */
export function pickEntries(
  { entries, broken }: PlannedSchedule,
  names: readonly string[],
): ReadonlyMap<string, PlannedEntry> {
  if (names.length === 0) return entries;
  return new Map(names.map((name) => [name, entries.get(name) ?? refuse(name, broken.get(name), [...entries.keys()])]));
}

function refuse(name: string, error: Error | undefined, names: readonly string[]): never {
  if (error !== undefined) throw error;
  throw new BeatxError("NOT_FOUND", noEntry(name, names, ", neither in the configuration nor stored"));
}

/** Why an entry does not run, or why its stored definition counts; empty: it runs as the file says. */
export function describePlanned(planned: PlannedEntry): string {
  const { input, state, runs, from, clientChange, pausedUntil } = planned;
  if (state === "done") {
    return runs >= (input.maxRuns ?? Infinity) ? "done: all maxRuns were sent" : "done: it will never run again";
  }
  if (state !== "active") return state;
  if (pausedUntil !== null) return `paused until ${new Date(pausedUntil).toISOString()}`;
  if (from === "configuration") return "";
  if (clientChange === null) return "stored";
  return `stored: ${clientChange} by a client, overrides the file`;
}
