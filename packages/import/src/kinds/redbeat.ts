/** Imports the schedule of RedBeat, which keeps it in Redis. */

import { ConfigError } from "@beatx/core";
import type { RedisConnection } from "@beatx/shared-redis";

import type {
  Hold,
  ImportContext,
  ImportedEntry,
  ImportedSchedule,
  Importer,
  ImporterOptions,
  RefusedEntry,
} from "../base/importer.js";
import { importedEntry } from "../celery/celery-entry.js";
import { holdLock } from "../celery/hold-lock.js";
import { orRefuse } from "../celery/or-refuse.js";
import { type RedBeatEntry, readRedBeatEntry } from "../celery/redbeat-entry.js";
import { redisLock } from "../celery/redis-lock.js";
import { openSource } from "../celery/redis-source.js";
import { ROUTE_OPTIONS, routeEntries } from "../celery/route-entries.js";

const HELP = `
Kept: crontab, intervals (relative ones, too) and rrule; args, kwargs, options, enabled, and when each entry last ran. A crontab
is read in the zone of the application, which RedBeat writes beside each last run; --timezone says it if there is none.
Queues that task_routes or the classes of tasks choose are not in Redis: -A asks the application for them.
Not kept: schedules of your own, byeaster, and an rrule whose start has an offset of half an hour.

With --hold-lock the import waits until it has RedBeat's lock, as a second RedBeat would, and keeps it until you say that all
are stopped: none can send while the schedule moves. Without it, stop RedBeat first.

Examples:
  $ beatx import redbeat redis://127.0.0.1:6379/1 --dry-run
  $ beatx import redbeat rediss://:secret@db.example/1 --hold-lock --timezone Europe/Berlin`;

const DEFAULT_PREFIX = "redbeat:";

export const redbeatImporter: Importer = {
  kind: "redbeat",
  summary: "RedBeat (celery-redbeat)",
  source: { name: "uri", description: "its redbeat_redis_url", count: "one" },
  options: [
    { flags: "--key-prefix <text>", description: "its redbeat_key_prefix", default: DEFAULT_PREFIX },
    { flags: "--lock-key <key>", description: "its redbeat_lock_key (default: the key prefix and :lock)" },
    { flags: "--hold-lock", description: "wait for its lock, and keep it until all of its beats are stopped" },
    ...ROUTE_OPTIONS,
  ],
  help: HELP,
  read: readRedBeat,
};

async function readRedBeat(
  [uri]: readonly string[],
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const prefix = options["keyPrefix"] as string;
  const connection = openSource(uri!);
  let hold: Hold | undefined;
  try {
    if (options["holdLock"] === true && !context.dryRun) {
      const { clock } = context;
      const key = lockKeyOf(prefix, options["lockKey"] as string | undefined);
      const say = (line: string): void => context.say(line);
      hold = await holdLock(redisLock(connection, key), { owner: "RedBeat", clock, say });
    }
    const schedule = await readSchedule(connection, prefix, options, context);
    return { ...schedule, ...(hold ? { hold } : {}), close: () => connection.close() };
  } catch (error) {
    await hold?.release().catch(() => undefined);
    await connection.close();
    throw error;
  }
}

/** RedBeat puts the prefix in front of a key that does not begin with it. */
function lockKeyOf(prefix: string, key: string | undefined): string {
  if (key === undefined) return `${prefix}:lock`;
  return key.startsWith(prefix) ? key : `${prefix}${key}`;
}

async function readSchedule(
  connection: RedisConnection,
  prefix: string,
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const found: RedBeatEntry[] = [];
  const refused: RefusedEntry[] = [];
  for (const { key, definition, meta } of await readKeys(connection, prefix)) {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    if (definition === null) refused.push({ name, reason: `its key ${key} is gone: RedBeat does not send it either` });
    else orRefuse(name, refused, () => found.push(readRedBeatEntry(definition, meta)));
  }
  const { timezone, notes } = zoneOf(found, context.timezone);
  const routed = await routeEntries(found, options, context);
  const now = context.clock.now();
  const entries: ImportedEntry[] = [];
  for (const entry of routed.entries) {
    orRefuse(entry.name, refused, () => entries.push(importedEntry(entry, { timezone, now })));
  }
  return { entries, refused, notes: [...notes, ...routed.notes] };
}

interface RedBeatKey {
  readonly key: string;
  readonly definition: string | null;
  readonly meta: string | null;
}

const BATCH = 500;

async function readKeys(connection: RedisConnection, prefix: string): Promise<RedBeatKey[]> {
  const schedule = `${prefix}:schedule`;
  const keys = await connection.run("read the schedule", (redis) => redis.zrange(schedule, "0", "-1"));
  if (keys.length === 0) {
    const hint = "look at redbeat_redis_url, with its database, and at redbeat_key_prefix (--key-prefix)";
    throw new ConfigError(`${connection.place} has no entries of RedBeat: there is no key ${schedule}; ${hint}`, {
      field: "uri",
    });
  }
  const found: RedBeatKey[] = [];
  for (let from = 0; from < keys.length; from += BATCH) {
    const some = keys.slice(from, from + BATCH);
    const values = await connection.run("read entries", (redis) =>
      Promise.all(some.map((key) => redis.hmget(key, "definition", "meta"))),
    );
    for (const [index, [definition, meta]] of values.entries()) {
      found.push({ key: some[index]!, definition: definition ?? null, meta: meta ?? null });
    }
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The zone in which RedBeat has written most last runs is that of the application. */
function zoneOf(
  entries: readonly RedBeatEntry[],
  named: string | undefined,
): { readonly timezone: string; readonly notes: readonly string[] } {
  const seen = new Map<string, number>();
  for (const { seenTimezone } of entries) {
    if (seenTimezone !== null) seen.set(seenTimezone, (seen.get(seenTimezone) ?? 0) + 1);
  }
  const [most] = [...seen].sort(([, a], [, b]) => b - a);
  if (named !== undefined) {
    const differs = most !== undefined && most[0] !== named && [...seen.keys()].some((zone) => zone !== "UTC");
    return {
      timezone: named,
      notes: differs ? [`last runs are written in ${most[0]}, and --timezone is ${named}`] : [],
    };
  }
  if (most !== undefined) {
    return {
      timezone: most[0],
      notes: [`crontabs are read in ${most[0]}, in which RedBeat has written its last runs`],
    };
  }
  if (!entries.some(({ schedule }) => schedule.type !== "interval" || schedule.relative))
    return { timezone: "UTC", notes: [] };
  throw new ConfigError(
    "RedBeat has not written in which zone it reads crontabs: give the application's by --timezone",
    {
      field: "timezone",
    },
  );
}
