/** An entry of the Celery family, whichever scheduler kept it, and what becomes of it. */

import type { JsonObject, JsonValue } from "@beatx/core";

import type { ImportedEntry } from "../base/importer.js";
import { type CelerySchedule, ruleOf } from "./celery-schedule.js";
import { optionsOf } from "./celery-options.js";

export interface CeleryEntry {
  readonly name: string;
  readonly task: string;
  readonly schedule: CelerySchedule;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  /** Those of `apply_async`. */
  readonly options: JsonObject;
  /** Epoch ms; `null`: it has not run, or it is not known. */
  readonly lastRunAt: number | null;
  /** Epoch ms: Celery counts the first interval from here. Omitted: from now on. */
  readonly countsFrom?: number;
  /** `true`: Celery would send it at once. */
  readonly isOverdue?: boolean;
  readonly enabled?: boolean;
  readonly startAt?: number | null;
  readonly endAt?: number | null;
  readonly maxRuns?: number;
  readonly description?: string;
  readonly notes?: readonly string[];
}

export interface CelerySurroundings {
  /** The zone of the application, in which it reads crontabs. */
  readonly timezone: string;
  /** Epoch ms. */
  readonly now: number;
}

/** @throws BeatxError whose message says why the entry cannot be kept */
export function importedEntry(entry: CeleryEntry, { timezone, now }: CelerySurroundings): ImportedEntry {
  const from = entry.lastRunAt ?? entry.countsFrom ?? now;
  const { rule, settledUntil, notes } = ruleOf(entry.schedule, { timezone, from });
  const options = optionsOf(entry.options);
  const { enabled = true, startAt = null, endAt = null, maxRuns, description = "", isOverdue = false } = entry;
  const { args, kwargs } = entry;
  return {
    name: entry.name,
    entry: {
      task: entry.task,
      schedule: rule,
      ...(args.length === 0 ? {} : { args }),
      ...(isEmpty(kwargs) ? {} : { kwargs }),
      ...(isEmpty(options.options) ? {} : { options: options.options }),
      ...(enabled ? {} : { enabled }),
      ...(startAt === null ? {} : { startAt: iso(startAt) }),
      ...(endAt === null ? {} : { endAt: iso(endAt) }),
      ...(maxRuns === undefined ? {} : { maxRuns }),
      ...(isOverdue ? { firstRun: "now" as const } : {}),
      ...(description === "" ? {} : { description }),
    },
    lastRunAt: settledUntil ?? entry.lastRunAt ?? entry.countsFrom ?? null,
    notes: [...(entry.notes ?? []), ...notes, ...options.notes],
  };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
