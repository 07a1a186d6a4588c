/** From a definition to the rule by which its entry is due. */

import { quoteName } from "../base/describe.js";
import { stableOffset } from "../base/ids.js";
import type { JsonObject, JsonValue } from "../base/json.js";
import { FIRST_INSTANT } from "../base/number-range.js";
import type { SharedTexts } from "../base/shared-texts.js";
import type { Schedule } from "../contract/schedule.js";
import type { EntryDefinition, RunDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { endOfPause } from "../entry/pause.js";
import { readStoredEntry } from "../entry/read-entry.js";
import { scheduleFields } from "../schedule/exclusions.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { withoutInstants } from "./backfill.js";
import type { DueRule } from "./next-instant.js";

/** A definition that this node has written itself, and the entry that it says: neither has to be read from the text. */
export interface OwnDefinition {
  readonly definition: EntryDefinition;
  readonly entry: Entry;
}

/** What the entries of a timetable share. */
export interface SharedReading {
  readonly parseRule: ParseRule;
  readonly texts: SharedTexts;
}

/** Reads the entry of a definition, unless it is known. @throws ConfigError for one that is wrong. */
export function readRule(
  name: string,
  definition: EntryDefinition | RunDefinition,
  shared: SharedReading,
  own?: OwnDefinition,
): Entry & DueRule {
  const entry = own?.entry ?? readStored(name, definition.entry, shared);
  if (definition.kind === "entry") {
    const { effectiveFrom, skipUntil } = definition;
    return ruleFrom(name, entry, { effectiveFrom, skipUntil, pausedUntil: endOfPause(definition) });
  }
  const { requestedAt, backfill } = definition;
  if (!backfill) return ruleFrom(name, entry, { effectiveFrom: requestedAt - 1 });
  // Its instants are bounded by `startAt` alone: they lie before it was requested.
  const schedule = withoutInstants(entry.schedule, backfill.except);
  return ruleFrom(name, { ...entry, schedule }, { effectiveFrom: FIRST_INSTANT });
}

function readStored(name: string, json: JsonObject, { parseRule, texts }: SharedReading): Entry {
  if (typeof json["task"] === "string") (json as Record<string, JsonValue>)["task"] = texts.share(json["task"]);
  const entry = readStoredEntry(json, name, `entry ${quoteName(name)}`, parseRule);
  shareRule(json, entry.schedule);
  return entry;
}

/** Entries of one rule share its JSON, and that of its exclusions. `json`: an entry that was just read from a text. */
function shareRule(json: JsonObject, schedule: Schedule): void {
  for (const [field, shared] of Object.entries(scheduleFields(schedule))) {
    if (isSameJson(json[field], shared)) (json as Record<string, JsonValue>)[field] = shared;
  }
}

/** Whether both are equal, with the fields of objects in the same order. */
function isSameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [fields, others] = [Object.entries(a), Object.entries(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    fields.length === others.length &&
    fields.every(([field, value], index) => {
      const [otherField, otherValue] = others[index]!;
      return field === otherField && isSameJson(value, otherValue);
    })
  );
}

/**
 * The entry with the fields that decide when it is due, epoch ms. Each field by its name: of spread copies, V8 gives each a layout of
 * its own, which takes memory, and time at each use.
 */
export function ruleFrom(
  name: string,
  entry: Entry,
  { effectiveFrom, skipUntil, pausedUntil }: Pick<DueRule, "effectiveFrom" | "skipUntil" | "pausedUntil">,
): Entry & DueRule {
  return {
    task: entry.task,
    schedule: entry.schedule,
    args: entry.args,
    kwargs: entry.kwargs,
    options: entry.options,
    enabled: entry.enabled,
    missed: entry.missed,
    deadlineMs: entry.deadlineMs,
    maxCatchUp: entry.maxCatchUp,
    startAt: entry.startAt,
    endAt: entry.endAt,
    maxRuns: entry.maxRuns,
    firstRun: entry.firstRun,
    whenDone: entry.whenDone,
    jitterMs: entry.jitterMs,
    spreadMs: entry.spreadMs,
    expiresMs: entry.expiresMs,
    giveUpAfterMs: entry.giveUpAfterMs,
    overlap: entry.overlap,
    description: entry.description,
    tags: entry.tags,
    effectiveFrom,
    skipUntil,
    offsetMs: stableOffset(name, entry.jitterMs),
    spreadBy: name,
    pausedUntil,
  };
}
