/** The fields of an entry on the command line, for every command that writes one. */

import { ConfigError, type EntryInput, type ExcludedDay } from "@beatx/core";
import { type Command, Option } from "commander";
import { readMoment } from "../simulation/moment.js";
import { parseWholeNumber } from "../configuration/flags.js";
import { parseJsonFlag } from "./json-flag.js";

/** The parsed flags of an entry. JSON and moments are still texts. */
export interface EntryFlags {
  readonly task?: string;
  readonly schedule?: string;
  readonly except?: readonly string[];
  readonly onExcluded?: string;
  readonly exceptTimezone?: string;
  readonly args?: string;
  readonly kwargs?: string;
  readonly options?: string;
  readonly tag?: readonly string[];
  readonly missed?: string;
  readonly deadlineMs?: number;
  readonly maxCatchUp?: number;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly maxRuns?: number;
  readonly firstRun?: string;
  readonly whenDone?: string;
  readonly jitterMs?: number;
  readonly spreadMs?: number;
  readonly giveUpAfterMs?: number;
  readonly expiresMs?: number;
  readonly overlap?: "allow" | "skip";
  readonly overlapTtlMs?: number;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly disabled?: boolean;
}

/** The fields that have a default. */
export const OPTIONAL_FIELDS: readonly string[] = [
  "except", "onExcluded", "exceptTimezone", "args", "kwargs", "options", "tags", "enabled", "missed", "deadlineMs",
  "maxCatchUp", "startAt", "endAt", "maxRuns", "firstRun", "whenDone", "jitterMs", "spreadMs", "expiresMs",
  "giveUpAfterMs", "overlap", "description",
] as const satisfies readonly (keyof EntryInput)[]; // prettier-ignore

export function addEntryFlags(command: Command): Command {
  const number = (flag: string, description: string): Option =>
    new Option(`${flag} <n>`, description).argParser(parseWholeNumber);
  command
    .option("--task <name>", "the task's name, as the workers know it")
    .option("--schedule <rule>", 'when it is due: "30s", "0 7 * * mon-fri", or JSON such as {"type": "clocked", …}')
    .option("--args <json>", "positional arguments: a JSON array")
    .option("--kwargs <json>", "keyword arguments: a JSON object")
    .option("--options <json>", "options for the publisher: a JSON object")
    .option("--tag <tag>", "a tag of the entry; repeat it for more", collect)
    .addOption(new Option("--missed <policy>", "what missed runs get").choices(["skip", "latest", "all"]))
    .addOption(number("--deadline-ms", "how late a run may still be sent"))
    .addOption(number("--max-catch-up", 'how many missed runs "all" sends'))
    .option("--start-at <moment>", "no run before: ISO 8601 with its offset, a date, or +2h")
    .option("--end-at <moment>", "no run after")
    .addOption(number("--max-runs", "the entry is done after this many runs"))
    .addOption(new Option("--first-run <when>", "when a new entry first runs").choices(["next", "now"]))
    .addOption(new Option("--when-done <what>", "what becomes of a done entry").choices(["keep", "remove"]))
    .addOption(number("--jitter-ms", "delays the runs by a fixed part of this time"))
    .addOption(number("--spread-ms", "delays each run by a part of this time, of its own"))
    .addOption(number("--expires-ms", "how long after its instant a run may start"))
    .addOption(
      new Option("--overlap <policy>", "what is due while an earlier run waits or runs").choices(["allow", "skip"]),
    )
    .addOption(number("--overlap-ttl-ms", 'with "skip": how long one run can hold up the next'))
    .addOption(number("--give-up-after-ms", "gives up a run that could not be sent for this time"))
    .option("--description <text>", "for people")
    .addOption(new Option("--enabled", "the entry runs (default)").conflicts("disabled"))
    .option("--disabled", "the entry is kept, but never due");
  return addExclusionFlags(command);
}

function addExclusionFlags(command: Command): Command {
  return command
    .option(
      "--except <days>",
      'days without runs: "2026-12-24", "12-24/12-26", "sun" or calendar:de-BE; repeat it',
      collect,
    )
    .addOption(
      new Option("--on-excluded <what>", "what becomes of a run on such a day").choices([
        "skip",
        "next-day",
        "previous-day",
      ]),
    )
    .option("--except-timezone <zone>", "the zone of these days, for a rule without one");
}

/** For an option that may come several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The fields that the flags give. `now`: epoch ms. @throws ConfigError that names the flag and the value */
export function readEntryFlags(flags: EntryFlags, now: number, zone: string): Partial<EntryInput> {
  const { task, missed, deadlineMs, maxCatchUp, maxRuns, firstRun, whenDone, jitterMs, expiresMs, description } = flags;
  const moment = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : readMoment(flag, text, { now, base: now, zone });
  const json = (flag: string, text: string | undefined, example: string): unknown =>
    text === undefined ? undefined : parseJsonFlag(flag, text, example);
  const given = {
    task,
    schedule: flags.schedule === undefined ? undefined : readRule(flags.schedule),
    except: flags.except?.map(readExcludedDay),
    onExcluded: flags.onExcluded,
    exceptTimezone: flags.exceptTimezone,
    args: json("--args", flags.args, '["daily", 1]'),
    kwargs: json("--kwargs", flags.kwargs, '{"day": "monday"}'),
    options: json("--options", flags.options, '{"queue": "mail"}'),
    tags: flags.tag,
    missed,
    deadlineMs,
    maxCatchUp,
    startAt: moment("--start-at", flags.startAt),
    endAt: moment("--end-at", flags.endAt),
    maxRuns,
    firstRun,
    whenDone,
    jitterMs,
    spreadMs: flags.spreadMs,
    giveUpAfterMs: flags.giveUpAfterMs,
    expiresMs,
    overlap: readOverlap(flags),
    description,
    enabled: flags.enabled === true ? true : flags.disabled === true ? false : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The two flags are one field. An entry checks what is missing. */
function readOverlap({ overlap, overlapTtlMs }: EntryFlags): EntryInput["overlap"] {
  if (overlapTtlMs === undefined && overlap !== "skip") return overlap;
  return { policy: overlap ?? "skip", ttlMs: overlapTtlMs } as EntryInput["overlap"];
}

/** Days as they are written in an entry, or `calendar:` and the name of a calendar. */
function readExcludedDay(text: string): ExcludedDay {
  return text.startsWith("calendar:") ? { calendar: text.slice("calendar:".length) } : text;
}

/** A rule as text, or its JSON. */
function readRule(text: string): EntryInput["schedule"] {
  if (!text.trimStart().startsWith("{")) return text;
  const example = '{"type": "clocked", "at": "2030-01-31T09:00:00Z"}';
  return parseJsonFlag("--schedule", text, example) as EntryInput["schedule"];
}

/** @throws ConfigError for a field that has no default, or that is no field of an entry */
export function checkUnset(fields: readonly string[]): void {
  for (const field of fields) {
    if (OPTIONAL_FIELDS.includes(field)) continue;
    const why = field === "task" || field === "schedule" ? "has no default" : "is no field of an entry";
    const known = OPTIONAL_FIELDS.join(", ");
    throw new ConfigError(`--unset ${JSON.stringify(field)} ${why}: expected one of ${known}`, { field: "--unset" });
  }
}
