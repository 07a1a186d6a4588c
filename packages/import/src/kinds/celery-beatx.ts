/** Imports the schedule of celery-beatx, which keeps it in Redis or memcached. */

import { ConfigError } from "@beatx/core";
import { parseUri } from "@beatx/core/adapter";

import type {
  Hold,
  ImportContext,
  ImportedEntry,
  ImportedSchedule,
  Importer,
  ImporterOptions,
  RefusedEntry,
} from "../base/importer.js";
import { readBeatxEntry } from "../celery/beatx-entry.js";
import { type BeatxSource, memcachedSource, redisSource } from "../celery/beatx-sources.js";
import { type CeleryEntry, importedEntry } from "../celery/celery-entry.js";
import { holdLock } from "../celery/hold-lock.js";
import { orRefuse } from "../celery/or-refuse.js";
import { ROUTE_OPTIONS, routeEntries } from "../celery/route-entries.js";

const HELP = `
celery-beatx stores when an entry last ran as the wall clock of the application, without its zone: --timezone says which one
that is (Celery's timezone; UTC if the application sets none). Crontabs are read in it, too.
Kept: crontab, intervals (relative ones, too) and solar; args, kwargs, options, and when each entry last ran.
Queues that task_routes or the classes of tasks choose are not stored: -A asks the application for them.

On memcached the schedule is a pickle. A small Python script of this package reads it, and loads no code from it.

With --hold-lock the import waits until it has the lock, as a second beat would, and keeps it until you say that all are
stopped. Without it, stop celery-beatx first: it saves its last runs when it stops, and otherwise every three minutes.

Examples:
  $ beatx import celery-beatx redis://127.0.0.1:6379/0 --timezone UTC --dry-run
  $ beatx import celery-beatx memcached://127.0.0.1:11211 --timezone Europe/Berlin --hold-lock`;

const LOCK_KEY = "celery:beat-lock";

export const celeryBeatxImporter: Importer = {
  kind: "celery-beatx",
  summary: "celery-beatx, on Redis or memcached",
  source: { name: "uri", description: "its beatx_store: redis:, memcached: or pylibmc:", count: "one" },
  options: [
    { flags: "--hold-lock", description: "wait for its lock, and keep it until all of its beats are stopped" },
    ...ROUTE_OPTIONS,
  ],
  help: HELP,
  read: readCeleryBeatx,
};

async function readCeleryBeatx(
  [uri]: readonly string[],
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const { timezone, clock, dryRun } = context;
  if (timezone === undefined) {
    const why = "celery-beatx stores when an entry last ran without its zone";
    throw new ConfigError(`${why}: give the application's by --timezone, UTC if it sets none`, { field: "timezone" });
  }
  const source = openBeatxSource(uri!, { python: options["python"] as string | undefined, cwd: context.cwd });
  let hold: Hold | undefined;
  try {
    if (options["holdLock"] === true && !dryRun) {
      hold = await holdLock(source.lock(LOCK_KEY), {
        owner: "celery-beatx",
        clock,
        say: (line) => context.say(line),
      });
    }
    const schedule = await readSchedule(source, timezone, options, context);
    return { ...schedule, ...(hold ? { hold } : {}), close: () => source.close() };
  } catch (error) {
    await hold?.release().catch(() => undefined);
    await source.close();
    throw error;
  }
}

function openBeatxSource(uri: string, run: { readonly python: string | undefined; readonly cwd: string }): BeatxSource {
  return ["memcached", "pylibmc"].includes(parseUri(uri).scheme) ? memcachedSource(uri, run) : redisSource(uri);
}

async function readSchedule(
  source: BeatxSource,
  timezone: string,
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const stored = await source.read();
  if (stored === null) {
    const hint = "look at beatx_store, with its database";
    throw new ConfigError(`there is no schedule of celery-beatx at ${source.place}: ${hint}`, { field: "uri" });
  }
  const now = context.clock.now();
  const found: CeleryEntry[] = [];
  const entries: ImportedEntry[] = [];
  const refused: RefusedEntry[] = [];
  for (const each of stored) {
    orRefuse(each.name, refused, () => found.push(readBeatxEntry(each.name, each.read(), timezone)));
  }
  const ahead = found.find(({ lastRunAt }) => lastRunAt !== null && lastRunAt > now + A_MINUTE_MS);
  if (ahead !== undefined) throw wrongZone(ahead, timezone);
  const routed = await routeEntries(found, options, context);
  for (const entry of routed.entries) {
    orRefuse(entry.name, refused, () => entries.push(importedEntry(entry, { timezone, now })));
  }
  return { entries, refused, notes: [`last runs and crontabs are read in ${timezone}`, ...routed.notes] };
}

const A_MINUTE_MS = 60_000;

function wrongZone({ name, lastRunAt }: CeleryEntry, timezone: string): ConfigError {
  const when = `${JSON.stringify(name)} would have run at ${new Date(lastRunAt!).toISOString()}, which is to come`;
  return new ConfigError(`${timezone} is not the application's zone: ${when}`, { field: "timezone" });
}
