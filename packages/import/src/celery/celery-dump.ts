/** What the script `dump_celery.py` prints of an application. */

import { ConfigError, type JsonObject, type JsonValue } from "@beatx/core";

import type { ImportedEntry, ImportedSchedule, RefusedEntry } from "../base/importer.js";
import { type CeleryEntry, importedEntry } from "./celery-entry.js";
import type { CeleryCrontab, CelerySchedule } from "./celery-schedule.js";
import { orRefuse } from "./or-refuse.js";
import { rruleTextOf } from "./rrule-text.js";

const FORMAT = 1;

interface CeleryDump {
  readonly source: "configuration" | "django";
  readonly celery: string;
  /** `null`: the zone of the application has no name. */
  readonly timezone: string | null;
  readonly scheduler: string;
  readonly state: { readonly file: string; readonly savedAt: string } | null;
  readonly notes: readonly string[];
  readonly entries: readonly (DumpedEntry | { readonly name: string; readonly refused: string })[];
}

interface DumpedEntry {
  readonly name: string;
  readonly task: string;
  readonly schedule: DumpedSchedule;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  readonly options: JsonObject;
  readonly notes: readonly string[];
  readonly lastRunAt: string | null;
  readonly totalRunCount: number;
  // Of django-celery-beat:
  readonly enabled?: boolean;
  readonly oneOff?: boolean;
  readonly startAt?: string | null;
  readonly endAt?: string | null;
  readonly changedAt?: string | null;
  readonly description?: string;
}

type DumpedSchedule =
  | ({
      readonly type: "crontab";
      readonly values: CeleryCrontab["values"];
      readonly timezone?: string | null;
    } & Readonly<Record<string, unknown>>)
  | { readonly type: "interval"; readonly seconds: number; readonly relative: boolean }
  | { readonly type: "solar"; readonly event: string; readonly latitude: number; readonly longitude: number }
  | { readonly type: "clocked"; readonly at: string }
  | ({ readonly type?: undefined; readonly __type__: "rrule" } & JsonObject);

/** @throws ConfigError that says what the text is, and how to get a dump, if it is none */
export function readCeleryDump(text: string, source: string): CeleryDump {
  const wrong = (why: string): ConfigError => {
    const how = "beatx import celery-beat -A proj.celery reads the application itself, --script prints the script";
    return new ConfigError(`${source} is no dump of Celery beat: ${why}. ${how}`, { field: "file" });
  };
  let dump: CeleryDump & { readonly beatx?: unknown; readonly format?: unknown };
  try {
    dump = JSON.parse(text) as typeof dump;
  } catch {
    throw wrong(whatItIs(text, source));
  }
  if (dump === null || typeof dump !== "object" || dump.beatx !== "celery-beat") {
    throw wrong('it has no "beatx": "celery-beat"');
  }
  if (dump.format !== FORMAT) {
    throw wrong(`its format is ${JSON.stringify(dump.format)}, and this version of beatx reads ${FORMAT}`);
  }
  return dump;
}

function whatItIs(text: string, source: string): string {
  if (/^\s*(import|from|#!|"""|app\b)/m.test(text) && source.endsWith(".py")) return "it is a Python source";
  if (/[\0\uFFFD]/.test(text)) return `it seems to be the state that beat keeps: read it with -A … --state ${source}`;
  return "it is not JSON";
}

/** `zone`: for an application whose zone has no name. */
export function scheduleOfDump(dump: CeleryDump, zone: string | undefined, now: number): ImportedSchedule {
  const timezone = dump.timezone ?? zone;
  if (timezone === undefined) {
    throw new ConfigError("the application's zone has no name: give it by --timezone, as in Europe/Berlin", {
      field: "timezone",
    });
  }
  const entries: ImportedEntry[] = [];
  const refused: RefusedEntry[] = [];
  for (const dumped of dump.entries) {
    if ("refused" in dumped) refused.push({ name: dumped.name, reason: dumped.refused });
    else {
      orRefuse(dumped.name, refused, () => {
        entries.push(importedEntry(celeryEntry(dumped, dump, now), { timezone, now }));
      });
    }
  }
  return { entries, refused, notes: [...stateNotes(dump), ...dump.notes] };
}

function stateNotes({ state, scheduler }: CeleryDump): string[] {
  const other = /redbeat/i.test(scheduler) ? "redbeat" : /\bbeatx\b/.test(scheduler) ? "celery-beatx" : null;
  return [
    ...(state === null ? [] : [`when the entries last ran comes from ${state.file}, saved at ${state.savedAt}`]),
    ...(other === null
      ? []
      : [`the application runs ${scheduler}: beatx import ${other} reads its store, and when the entries last ran`]),
  ];
}

function celeryEntry(dumped: DumpedEntry, { source }: CeleryDump, now: number): CeleryEntry {
  const { name, task, args, kwargs, options, notes } = dumped;
  const schedule = readSchedule(dumped.schedule);
  const entry = { name, task, args, kwargs, options, notes, schedule, lastRunAt: at(dumped.lastRunAt) };
  return source === "django" && dumped.enabled !== undefined
    ? { ...entry, ...djangoFields(dumped, schedule, now) }
    : entry;
}

function readSchedule(schedule: DumpedSchedule): CelerySchedule {
  if (schedule.type === undefined) return { type: "rrule", text: rruleTextOf(schedule) };
  if (schedule.type === "clocked") return { type: "clocked", at: at(schedule.at)! };
  if (schedule.type !== "crontab") return schedule;
  const { values = {}, timezone } = schedule;
  const fields = schedule as unknown as CeleryCrontab["fields"];
  return { type: "crontab", fields, values, ...(timezone ? { timezone } : {}) };
}

/**
 * The columns of django-celery-beat. It sends an entry that has never run at once when its start has passed, and counts the
 * first interval of another from its last change.
 */
function djangoFields(dumped: DumpedEntry, schedule: CelerySchedule, now: number): Partial<CeleryEntry> {
  const { oneOff = false, totalRunCount, lastRunAt, description = "" } = dumped;
  const [startAt, endAt, changedAt] = [at(dumped.startAt), at(dumped.endAt), at(dumped.changedAt)];
  const hasRun = oneOff && totalRunCount > 0;
  const isNew = lastRunAt === null;
  const countsFrom = firstCount(schedule, { startAt, changedAt }, now);
  return {
    description,
    enabled: dumped.enabled! && !hasRun,
    startAt,
    // Django's entries are over at this moment, those of beatx after it.
    endAt: endAt === null ? null : endAt - 1,
    ...(oneOff ? { maxRuns: 1 } : {}),
    ...(isNew && !hasRun ? { countsFrom } : {}),
    notes: [...dumped.notes, ...(hasRun && dumped.enabled ? ["it was to run once, and has run: it is disabled"] : [])],
  };
}

function firstCount(
  schedule: CelerySchedule,
  { startAt, changedAt }: { readonly startAt: number | null; readonly changedAt: number | null },
  now: number,
): number {
  if (schedule.type === "clocked") return Math.min(schedule.at - 1, now);
  if (startAt === null) return changedAt ?? now;
  // The start is the first instant of an interval.
  return schedule.type === "interval" ? startAt - Math.round(schedule.seconds * 1000) : startAt - 1;
}

function at(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Math.floor(Date.parse(text));
}
