import { ConfigError } from "../base/errors.js";
import { Faults } from "../base/faults.js";
import type { JsonObject, JsonValue } from "../base/json.js";
import { describe, MAX_NAME_LENGTH } from "../base/describe.js";
import { checkJson, checkJsonObject, checkParsedJson, guarded, isPlainObject } from "../base/json.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
import { isWholeBetween, MAX_COUNT, MAX_DURATION_MS } from "../base/number-range.js";
import type { Schedule } from "../contract/schedule.js";
import { EXCLUSION_FIELDS, scheduleFields } from "../schedule/exclusions.js";
import { parseInstant } from "../schedule/instant.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import type { Entry } from "./entry.js";
import { RESERVED_PREFIX } from "./entry.js";
import { type EntryOverlap, readOverlap } from "./overlap.js";
import { readSchedule } from "./read-schedule.js";
import { readTags } from "./tags.js";

const DEFAULTS = {
  args: [],
  kwargs: {},
  options: {},
  enabled: true,
  missed: "latest",
  deadlineMs: null,
  maxCatchUp: 100,
  startAt: null,
  endAt: null,
  maxRuns: null,
  firstRun: "next",
  whenDone: "keep",
  jitterMs: 0,
  spreadMs: 0,
  expiresMs: null,
  giveUpAfterMs: null,
  overlap: "allow",
  description: "",
  tags: [],
} as const satisfies Omit<Entry, "task" | "schedule">;

const FIELDS_WITH_DEFAULT = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
const KNOWN_FIELDS = ["task", "schedule", ...EXCLUSION_FIELDS, ...FIELDS_WITH_DEFAULT];

/** The highest `maxCatchUp`: a leader lists this many missed instants of one entry at once (R16). */
export const MAX_CATCH_UP = 10_000;

/** Returns the name. `path`: its place in the configuration. @throws ConfigError for a name that cannot be used. */
export function checkEntryName(name: unknown, path = "name"): string {
  const wrong = (why: string): ConfigError =>
    new ConfigError(`${path}: the entry name ${describe(name)} ${why}`, { field: path });
  if (typeof name !== "string" || name === "") throw wrong("must be a non-empty string");
  if (name.length > MAX_NAME_LENGTH) throw wrong(`is longer than ${MAX_NAME_LENGTH} characters`);
  if (name.startsWith(RESERVED_PREFIX)) throw wrong(`begins with "${RESERVED_PREFIX}", which is reserved for beatx`);
  if (/\p{Surrogate}/u.test(name)) throw wrong("is not well-formed Unicode (it contains half of a surrogate pair)");
  return name;
}

/**
 * Checks an entry as a user wrote it, and fills in the defaults. `path`: its place in the configuration.
 * @throws ConfigError that names each wrong field by its path, its value, and the expected value.
 */
export function readEntry(given: unknown, name: string, path: string, parseRule: ParseRule): Entry {
  return readWith(checkJson, given, name, path, parseRule);
}

/** Returns what an entry keeps of a JSON value. @throws ConfigError for one that JSON cannot carry. */
type TakeJson = (value: unknown, path: string) => JsonValue;

function readWith(take: TakeJson, given: unknown, name: string, path: string, parseRule: ParseRule): Entry {
  if (!isPlainObject(given))
    throw new ConfigError(`${path} is ${describe(given)}: expected an object with task and schedule`, { field: path });
  const faults = new Faults();
  faults.collect(() => refuseUnknownFields("an entry", given, KNOWN_FIELDS, `${path}.`));
  const input = readFields(path, given, KNOWN_FIELDS, `${path}.`);
  const field = new FieldReader(input, path, faults, take);
  const entry: Entry = {
    task: field.text("task"),
    schedule: faults.collect(() => readSchedule(input, path, name, parseRule)) as Schedule,
    args: field.given("args") ? field.array("args") : DEFAULTS.args,
    kwargs: field.given("kwargs") ? field.object("kwargs") : DEFAULTS.kwargs,
    options: field.given("options") ? field.object("options") : DEFAULTS.options,
    enabled: field.boolean("enabled", DEFAULTS.enabled),
    missed: field.oneOf("missed", ["skip", "latest", "all"], DEFAULTS.missed),
    deadlineMs: field.count("deadlineMs", DEFAULTS.deadlineMs, 0, MAX_DURATION_MS),
    maxCatchUp: field.count("maxCatchUp", DEFAULTS.maxCatchUp, 1, MAX_CATCH_UP),
    startAt: field.instant("startAt"),
    endAt: field.instant("endAt"),
    maxRuns: field.count("maxRuns", DEFAULTS.maxRuns, 1, MAX_COUNT),
    firstRun: field.oneOf("firstRun", ["next", "now"], DEFAULTS.firstRun),
    whenDone: field.oneOf("whenDone", ["keep", "remove"], DEFAULTS.whenDone),
    jitterMs: field.count("jitterMs", DEFAULTS.jitterMs, 0, MAX_DURATION_MS),
    spreadMs: field.count("spreadMs", DEFAULTS.spreadMs, 0, MAX_DURATION_MS),
    expiresMs: field.count("expiresMs", DEFAULTS.expiresMs, 1, MAX_DURATION_MS),
    giveUpAfterMs: field.count("giveUpAfterMs", DEFAULTS.giveUpAfterMs, 1, MAX_DURATION_MS),
    overlap: field.given("overlap") ? field.overlap("overlap") : DEFAULTS.overlap,
    description: field.given("description") ? field.text("description") : DEFAULTS.description,
    tags: field.given("tags") ? field.tags("tags") : DEFAULTS.tags,
  };
  faults.throwInOneLine();
  if (entry.startAt !== null && entry.endAt !== null && entry.endAt < entry.startAt) {
    throw new ConfigError(`${path}.endAt lies before ${path}.startAt: the entry would never run`, {
      field: `${path}.endAt`,
    });
  }
  return entry;
}

/**
 * As `readEntry`, for an object that comes from JSON and that nobody else has: the entry shares its parts instead of copying
 * them.
 */
export function readStoredEntry(json: JsonObject, name: string, path: string, parseRule: ParseRule): Entry {
  return readWith(checkParsedJson, json, name, path, parseRule);
}

/** Plain JSON that `readEntry` turns back into an equal entry. Equal entries give equal text. Defaults are omitted. */
export function entryToJson(entry: Entry): JsonObject {
  const json: Record<string, JsonValue> = { task: entry.task, ...scheduleFields(entry.schedule) };
  for (const field of FIELDS_WITH_DEFAULT) {
    const value = entry[field];
    if (value !== DEFAULTS[field] && !isEmpty(value)) json[field] = value;
  }
  return json;
}

/** Whether the value is an empty list or object. Each default that is one of these is empty. */
function isEmpty(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Whether two checked entries say the same. This runs for each entry at every take-over. */
export function isEqualEntry(a: Entry, b: Entry): boolean {
  if (a.task !== b.task || !isEqualSchedule(a.schedule, b.schedule)) return false;
  return FIELDS_WITH_DEFAULT.every((field) => isSameValue(a[field], b[field]));
}

/** Equal schedules of one parser are the same object, as long as it remembers them. */
export function isEqualSchedule(a: Schedule, b: Schedule): boolean {
  return a === b || JSON.stringify(a.toJSON()) === JSON.stringify(b.toJSON());
}

/** Compares text only where it must: this runs for each field of each entry at every take-over. */
function isSameValue(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Reads the fields of an entry. A wrong one becomes a fault, and what is returned for it must not be used. */
class FieldReader {
  readonly #input: Record<string, unknown>;
  readonly #path: string;
  readonly #faults: Faults;
  readonly #take: TakeJson;

  constructor(input: Record<string, unknown>, path: string, faults: Faults, take: TakeJson) {
    this.#input = input;
    this.#path = path;
    this.#faults = faults;
    this.#take = take;
  }

  given(name: string): boolean {
    return this.#input[name] !== undefined;
  }

  text(name: string): string {
    const value = this.#input[name];
    return typeof value === "string" && value !== "" ? value : this.#refuse(name, "a non-empty string");
  }

  object(name: string): JsonObject {
    return this.#collect(name, (value, path) => checkJsonObject(value, path, this.#take));
  }

  array(name: string): readonly JsonValue[] {
    return this.#collect(name, (value, path) =>
      guarded(path, () => Array.isArray(value))
        ? (this.#take(value, path) as readonly JsonValue[])
        : this.#refuse(name, "an array"),
    );
  }

  tags(name: string): readonly string[] {
    return this.#collect(name, readTags);
  }

  overlap(name: string): EntryOverlap {
    return this.#collect(name, readOverlap);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#input[name] ?? fallback;
    return typeof value === "boolean" ? value : this.#refuse(name, "true or false");
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = (this.#input[name] ?? fallback) as T;
    return allowed.includes(value)
      ? value
      : this.#refuse(name, `one of ${allowed.map((text) => `"${text}"`).join(", ")}`);
  }

  count<T extends number | null>(name: string, fallback: T, least: number, most: number): number | T {
    const value = this.#input[name] ?? fallback;
    if (value === fallback || isWholeBetween(value, least, most)) return value as number | T;
    const orNone = fallback === null ? ", or null for no limit" : "";
    return this.#refuse(name, `a whole number from ${least} to ${most}${orNone}`);
  }

  instant(name: string): number | null {
    const value = this.#input[name] ?? null;
    return value === null ? null : this.#collect(name, (given, path) => parseInstant(path, given));
  }

  #collect<T>(name: string, read: (value: unknown, path: string) => T): T {
    return this.#faults.collect(() => read(this.#input[name], `${this.#path}.${name}`)) as T;
  }

  #refuse(name: string, expected: string): never {
    const field = `${this.#path}.${name}`;
    this.#faults.add(new ConfigError(`${field} is ${describe(this.#input[name])}: expected ${expected}`, { field }));
    return undefined as never;
  }
}
