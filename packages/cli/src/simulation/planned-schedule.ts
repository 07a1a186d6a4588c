import { BeatxError, ConfigError, type EntryInput, type EntryView } from "@beatx/core";
import { hasNoStore, type Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";

/** What a leader that starts now would run. */
export interface PlannedSchedule {
  /** Every entry by name, also those that do not run. */
  readonly entries: ReadonlyMap<string, PlannedEntry>;
  /** Stored entries of a configuration that no longer names them: the next leader removes them. */
  readonly removed: readonly string[];
}

/** One entry of the plan. */
export interface PlannedEntry {
  readonly input: EntryInput;
  /** What is worth knowing of it; empty: nothing. */
  readonly note: string;
  /** `false`: nothing is sent of it, as `note` says. */
  readonly runs: boolean;
}

/**
 * The entries of the configuration file, merged with the stored ones. `fileOnly`: the store is not asked.
 * @throws ConfigError when there is nothing to plan; StoreError when the store cannot be asked.
 */
export async function planSchedule(settings: Settings, fileOnly: boolean): Promise<PlannedSchedule> {
  const configured = settings.options.schedule;
  if (configured === undefined && fileOnly) {
    throw new ConfigError(`${settings.configName ?? "the configuration"} has no schedule: leave --file-only out`, {
      field: "schedule",
    });
  }
  const isUnstored = fileOnly || (configured !== undefined && hasNoStore(settings));
  if (isUnstored) return mergeSchedule(configured, []);
  const [stored, { configVersion, removed }] = await withClient(settings, async (client) => {
    return [await client.list(), await client.status(0)] as const;
  });
  // A leader with an older configuration merges nothing (R30).
  const isOutdated = configVersion !== null && (settings.options.configVersion ?? -Infinity) < configVersion;
  const formerRuns = new Map(removed.map(({ name, runs }) => [name, runs]));
  return mergeSchedule(isOutdated ? undefined : configured, stored, formerRuns);
}

/** Those of the plan that are named, or all. @throws BeatxError `NOT_FOUND` for a name that is in neither. */
export function pickEntries({ entries }: PlannedSchedule, names: readonly string[]): ReadonlyMap<string, PlannedEntry> {
  if (names.length === 0) return entries;
  const unknown = names.find((name) => !entries.has(name));
  if (unknown === undefined) return new Map(names.map((name) => [name, entries.get(name)!]));
  throw new BeatxError(
    "NOT_FOUND",
    `there is no entry ${JSON.stringify(unknown)}, neither in the configuration nor stored: see "beatx list"`,
  );
}

/**
 * What a leader makes of both (R30): what was made or edited through a client stays as it is stored, all else is as in
 * the file, and what the file no longer names goes. `configured` left out: all is as it is stored. `formerRuns`: those of
 * entries that were removed, by name; they count when the name comes back (R31).
 */
export function mergeSchedule(
  configured: Readonly<Record<string, EntryInput>> | undefined,
  stored: readonly EntryView[],
  formerRuns: ReadonlyMap<string, number> = new Map(),
): PlannedSchedule {
  const entries = new Map<string, PlannedEntry>();
  const views = new Map(stored.map((view) => [view.name, view]));
  for (const [name, input] of Object.entries(configured ?? {})) {
    entries.set(name, planEntry(input, views.get(name), formerRuns.get(name)));
  }
  const removed: string[] = [];
  for (const view of stored) {
    if (entries.has(view.name)) continue;
    if (view.source === "config" && configured !== undefined) removed.push(view.name);
    else entries.set(view.name, planEntry(undefined, view));
  }
  return { entries, removed };
}

function planEntry(input: EntryInput | undefined, view: EntryView | undefined, formerRuns: number = 0): PlannedEntry {
  const isFollowed = input !== undefined && (view === undefined || (view.source === "config" && !view.overridden));
  // What a client answers of an entry is what it can be made of again.
  const chosen = isFollowed ? input : (view!.entry as unknown as EntryInput);
  if (view?.paused) return { input: chosen, note: "paused", runs: false };
  if (chosen.enabled === false) return { input: chosen, note: "disabled", runs: false };
  const ran = view?.runs ?? formerRuns;
  const leftRuns = chosen.maxRuns == null ? null : chosen.maxRuns - ran;
  if (leftRuns !== null && leftRuns <= 0) return { input: chosen, note: "over: maxRuns were sent", runs: false };
  const note = isFollowed ? "" : describeStored(input, view!);
  const { firstRun = "next", ...rest } = chosen;
  // What has run does not run for the first time once more.
  const isNew = ran + (view?.skipped ?? 0) === 0;
  const first = isNew && firstRun === "now" ? { firstRun } : {};
  const runs = leftRuns === null ? {} : { maxRuns: leftRuns };
  return { input: { ...rest, ...first, ...runs }, note, runs: true };
}

/** Why the stored definition is the one that runs. */
function describeStored(input: EntryInput | undefined, { source }: EntryView): string {
  if (input === undefined) return "stored";
  return `stored: ${source === "api" ? "made by a client" : "it was edited"}, the file does not count`;
}
