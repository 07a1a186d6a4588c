import { rm } from "node:fs/promises";

import { type Beat, createBeat, createClient, silentLogger, systemClock } from "@beatx/core";
import { type RedisServer, runToEnd, startMemcached, startRedis, temporaryFolder } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ImportContext, ImportedSchedule, ImporterOptions } from "../src/base/importer.js";
import { importers } from "../src/index.js";
import { type OriginalBeat, sentTo, startOriginal, waitForSent } from "./celery-beats.js";
import { findTestPython, MOVING } from "./celery-python.js";

const python = await findTestPython();
const HOLD = { holdLock: true };
let redis: RedisServer;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  folder = await temporaryFolder("change-over");
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const broker = (): string => `redis://127.0.0.1:${redis.port}/0`;
const store = (database: number): string => `redis://127.0.0.1:${redis.port}/${database}`;

function read(kind: string, sources: readonly string[], options: ImporterOptions, timezone?: string) {
  const importer = importers.find((each) => each.kind === kind)!;
  const context: ImportContext = {
    cwd: MOVING,
    clock: systemClock,
    timezone,
    dryRun: false,
    readStdin: () => Promise.resolve(""),
    say: () => undefined,
  };
  return importer.read(sources, { python: python.program, ...options }, context);
}

/**
 * Moves the entries of a running original to two nodes of beatx. `importAll` is called while it runs if it holds its lock,
 * otherwise after it was stopped.
 */
async function changeOver(
  original: OriginalBeat,
  { namespace, holds }: { readonly namespace: string; readonly holds: boolean },
  importAll: () => Promise<ImportedSchedule>,
): Promise<void> {
  await redis.cli("FLUSHDB");
  const first = await startOriginal(python, original);
  await Promise.race([
    waitForSent(redis.port, { task: "tasks.second", count: 3, by: "original" }),
    first.ended.then((how) => Promise.reject(new Error(`the original has ended: ${how}\n${first.output()}`))),
  ]);
  const whileItRuns = holds ? importAll() : null;
  await first.stop();
  const imported = await (whileItRuns ?? importAll());
  // A second one that starts now has to wait for the lock.
  const second = holds ? await startOriginal(python, original) : null;
  const beats: Beat[] = [];
  const client = createClient({ store: store(9), namespace });
  try {
    const before = await sentTo(redis.port, "q");
    const results = await client.importEntries(
      imported.entries.map(({ name, entry, lastRunAt }) => ({ name, entry, lastRunAt })),
    );
    expect(results.flatMap(({ error }) => (error === null ? [] : [error.message]))).toEqual([]);
    for (let node = 0; node < 2; node++) {
      beats.push(createBeat({ store: store(9), publisher: `celery+${broker()}`, namespace, logger: silentLogger })); // prettier-ignore
    }
    await Promise.all(beats.map((beat) => beat.start()));
    await waitForSent(redis.port, { task: "tasks.second", count: 5, by: "beatx" });
    await waitForSent(redis.port, { task: "tasks.two", count: 3, by: "beatx" });
    await Promise.all(beats.map((beat) => beat.stop()));
    const after = await sentTo(redis.port, "q");
    expect(after.filter(({ scheduledAt }) => scheduledAt === null)).toHaveLength(before.length);
    for (const [name, everyMs] of [
      ["second", 1000],
      ["two", 2000],
    ] as const) {
      // prettier-ignore
      const { lastRunAt } = imported.entries.find((entry) => entry.name === name)!;
      const instants = after.flatMap(({ task, scheduledAt }) => (task === `tasks.${name}` && scheduledAt !== null ? [scheduledAt] : [])); // prettier-ignore
      // Every instant since the original's last run was sent once, or counted as skipped, because one run catches up for all.
      const { runs, skipped } = (await client.get(name))!;
      expect([...new Set(instants)].sort((a, b) => a - b)).toEqual(instants);
      expect(instants.every((instant) => instant > lastRunAt! && (instant - lastRunAt!) % everyMs === 0)).toBe(true);
      expect(runs).toBe(instants.length);
      expect(runs + skipped).toBe((instants.at(-1)! - lastRunAt!) / everyMs);
    }
    expect(after.find(({ task, scheduledAt }) => task === "tasks.second" && scheduledAt !== null)!.args).toEqual([
      1,
      "x",
    ]);
  } finally {
    await Promise.all(beats.map((beat) => beat.stop()));
    await client.close();
    await second?.stop();
    await imported.hold?.release();
    await imported.close?.();
  }
}

describe("a change-over under load loses and repeats nothing", () => {
  it("from Celery beat, with its state file", async () => {
    const state = `${folder}/celerybeat-schedule`;
    const env = { BROKER: broker(), ZONE: "America/New_York" };
    await changeOver({ app: "proj", args: ["-s", state], env }, { namespace: "beat", holds: false }, async () => {
      process.env["BROKER"] = broker();
      process.env["ZONE"] = env.ZONE;
      return read("celery-beat", [], { application: "proj", state });
    });
  });

  it.skipIf(!python.hasPeers)("from django-celery-beat, with its tables", async () => {
    const env = { BROKER: broker(), DATABASE: `${folder}/tables.sqlite3`, ZONE: "Asia/Tokyo" };
    await runToEnd(python.program, ["-B", "django_fill.py"], {
      install: "",
      cwd: MOVING,
      env: { ...process.env, ...env },
    });
    const args = ["-S", "django_celery_beat.schedulers:DatabaseScheduler"];
    await changeOver({ app: "django_proj", args, env }, { namespace: "django", holds: false }, async () => {
      Object.assign(process.env, env);
      const { entries, ...rest } = await read("celery-beat", [], { application: "django_proj" });
      expect(entries.map(({ name }) => name)).toEqual(["off", "once", "second", "sun", "tokyo", "two"]);
      // Which needs a package that is not imported here.
      return { ...rest, entries: entries.filter(({ name }) => name !== "sun") };
    });
  });

  it.skipIf(!python.hasPeers)("from RedBeat, whose lock is held", async () => {
    const env = { BROKER: broker(), STORE: store(1), ZONE: "America/New_York" };
    const args = ["-S", "redbeat.RedBeatScheduler"];
    await changeOver({ app: "proj", args, env }, { namespace: "redbeat", holds: true }, () =>
      read("redbeat", [store(1)], { keyPrefix: "redbeat:", ...HOLD }),
    );
  });

  it.skipIf(!python.hasPeers)("from celery-beatx on Redis, whose lock is held", async () => {
    const env = { BROKER: broker(), STORE: store(2), ZONE: "America/New_York" };
    const args = ["-S", "beatx.schedulers.Scheduler"];
    await changeOver({ app: "proj", args, env }, { namespace: "redis", holds: true }, () =>
      read("celery-beatx", [store(2)], HOLD, "America/New_York"),
    );
  });

  it.skipIf(!python.hasPeers)("from celery-beatx on memcached, whose lock is held", async () => {
    const memcached = await startMemcached();
    const uri = `memcached://127.0.0.1:${memcached.port}`;
    const env = { BROKER: broker(), STORE: uri, ZONE: "UTC" };
    const original = { app: "proj", args: ["-S", "beatx.schedulers.Scheduler"], env };
    try {
      // Its first start on an empty memcached fails, and makes what the second one needs.
      await (
        await startOriginal(python, original)
      ).ended;
      await changeOver(original, { namespace: "memcached", holds: true }, () =>
        read("celery-beatx", [uri], HOLD, "UTC"),
      );
    } finally {
      await memcached.stop();
    }
  });
});
