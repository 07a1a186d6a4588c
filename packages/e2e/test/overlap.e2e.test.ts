import { createClient, type HistoryRun } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { type RedisServer, type RunningProcess, startRedis, waitFor } from "@beatx/test-servers";
import { describe, expect, it } from "vitest";

import { leaderOf } from "./beat-node.js";
import { type Fleet, withFleet } from "./fleet.js";
import { bullmq, celery, QUEUE_DATABASE, ROWS, type StartWorker } from "./slow-workers.js";

const LEADER_KILLS = 3;
/** A new worker looks for messages that were not acknowledged right after its start, and then after more than a minute. */
const VISIBILITY_S = 10;
const HOUR_MS = 3_600_000;
const NAMESPACE = "overlap";

interface Row {
  readonly what: "start" | "end" | "killed";
  /** Empty: of the worker. */
  readonly id: string;
}

interface Beat {
  readonly redis: RedisServer;
  readonly options: object;
  /** Epoch ms of the first occurrence, which is sent. */
  readonly first: number;
  rows(): Promise<readonly Row[]>;
}

/** Three nodes with one entry, due every second, whose runs take longer and must not overlap. */
async function startBeat(fleet: Fleet, queue: "celery" | "bullmq", ttlMs: number): Promise<Beat> {
  const redis = fleet.with(await startRedis());
  const overlap = { policy: "skip", ttlMs };
  const options = {
    store: `${redis.uri}/0`,
    publisher: `${queue}+${redis.uri}/${QUEUE_DATABASE}`,
    namespace: NAMESPACE,
    lockTtlMs: 3_000,
    historyRuns: 100,
    schedule: { slow: { task: "tasks.slow", schedule: "1s", missed: "all", maxCatchUp: 1_000, overlap } },
  };
  await fleet.start(options, 3);
  const { scheduledAt } = await (await leaderOf(fleet.running)).waitFor("published");
  const rows = async (): Promise<Row[]> => {
    const text = await redis.cli("-n", ROWS.database, "LRANGE", ROWS.key, "0", "-1");
    return text.split("\n").flatMap((line) => {
      const [what, id = ""] = line.split(" ");
      return what ? [{ what: what as Row["what"], id: id.replace(/^beatx-/, "") }] : [];
    });
  };
  return { redis, options, first: Number(scheduledAt), rows };
}

/** Waits for a run that starts after these rows, and for its end. */
async function nextRunAfter({ rows }: Beat, before: number): Promise<void> {
  await waitFor("the next run, from start to end", async () => {
    const later = (await rows()).slice(before);
    return later.some(({ what, id }) => what === "start" && later.some((row) => row.what === "end" && row.id === id));
  });
}

/** Kills the leader while a run is under way, again and again; each time the entry goes on. */
async function killLeaders(fleet: Fleet, beat: Beat): Promise<void> {
  for (let kill = 0; kill < LEADER_KILLS; kill++) {
    const leader = await leaderOf(fleet.running);
    await waitFor("a run under way", async () => (await beat.rows()).at(-1)?.what === "start");
    await leader.kill();
    const before = (await beat.rows()).length;
    await fleet.start(beat.options);
    await nextRunAfter(beat, before);
  }
}

interface WorkerKill {
  readonly worker: RunningProcess;
  readonly start: StartWorker;
  /** How long there is no worker. */
  readonly downMs?: number;
}

/** Kills the worker during a run, and starts another one. Resolves to the id of that run when a later one has ended. */
async function killWorker(fleet: Fleet, beat: Beat, { worker, start, downMs = 0 }: WorkerKill): Promise<string> {
  const running = await waitFor("a run under way", async () => {
    const last = (await beat.rows()).at(-1);
    return last?.what === "start" && last.id;
  });
  await worker.kill();
  await beat.redis.cli("-n", ROWS.database, "RPUSH", ROWS.key, "killed");
  const rows = await beat.rows();
  expect(rows.slice(-2)).toEqual([
    { what: "start", id: running },
    { what: "killed", id: "" },
  ]);
  await new Promise((resolve) => setTimeout(resolve, downMs));
  fleet.with(await start(beat.redis));
  await nextRunAfter(beat, rows.length);
  return running;
}

/** Runs that started while another one was under way. */
function overlapping(rows: readonly Row[]): string[] {
  const underWay = new Set<string>();
  return rows.flatMap(({ what, id }, index) => {
    if (what === "killed") underWay.clear();
    if (what === "end") underWay.delete(id);
    if (what !== "start") return [];
    const others = [...underWay];
    underWay.add(id);
    return others.map((other) => `row ${index}: ${id} beside ${other}`);
  });
}

/**
 * Stops the nodes, waits until what was sent has run, and checks: no two runs overlapped, and each second was either sent once
 * or counted as skipped. Resolves to the ids of the starts.
 */
async function expectApart(fleet: Fleet, beat: Beat): Promise<string[]> {
  await Promise.all(fleet.running.map((node) => node.stop()));
  const client = createClient({ store: `${beat.redis.uri}/0`, namespace: NAMESPACE, stores: [storeProvider] });
  try {
    const history: readonly HistoryRun[] = await client.history("slow");
    const { runs, skipped } = (await client.get("slow"))!;
    const sent = history.filter(({ count }) => count > 0).map(({ id }) => id);
    await waitFor("the last run", async () => {
      return (await beat.rows()).some(({ what, id }) => what === "end" && id === sent[0]);
    });
    const rows = await beat.rows();
    expect(overlapping(rows)).toEqual([]);
    const starts = rows.filter(({ what }) => what === "start").map(({ id }) => id);
    const ids = [...new Set(starts)];
    expect(ids.length).toBe(runs);
    expect(ids.slice(-sent.length)).toEqual([...sent].reverse());

    // The history has the newest occurrences one by one, the counts have all of them.
    const last = history[0]!.scheduledAt;
    expect(history.map(({ scheduledAt }) => scheduledAt)).toEqual(history.map((_, index) => last - index * 1_000));
    const held = history.filter(({ count, reason }) => count === 0 && reason === "overlap");
    expect(held.length + sent.length).toBe(history.length);
    expect(runs + skipped).toBe((last - beat.first) / 1_000 + 1);
    expect(skipped).toBeGreaterThan(runs);
    return starts;
  } finally {
    await client.close();
  }
}

const repeatedIds = (ids: readonly string[]): string[] => ids.filter((id, index) => ids.indexOf(id) !== index);

describe("runs of an entry that must not overlap, with the leader killed again and again and the worker once", () => {
  it(
    "on Celery: stay apart, each second is sent once or skipped, and ttlMs ends the hold of the killed worker",
    withFleet(async (fleet) => {
      const ttlMs = 20_000;
      const beat = await startBeat(fleet, "celery", ttlMs);
      const start = celery();
      const worker = fleet.with(await start(beat.redis));
      await killLeaders(fleet, beat);
      const lost = await killWorker(fleet, beat, { worker, start });
      const starts = await expectApart(fleet, beat);
      expect(repeatedIds(starts)).toEqual([]);
      expect((await beat.rows()).filter(({ what, id }) => what === "end" && id === lost)).toEqual([]);
    }),
  );

  it(
    "on Celery with acks_late: another worker gets the message again, and the hold ends with this run",
    withFleet(async (fleet) => {
      const beat = await startBeat(fleet, "celery", HOUR_MS);
      const start = celery({ task_acks_late: true, broker_transport_options: { visibility_timeout: VISIBILITY_S } });
      const worker = fleet.with(await start(beat.redis));
      await killLeaders(fleet, beat);
      const lost = await killWorker(fleet, beat, { worker, start, downMs: VISIBILITY_S * 1_000 });
      const before = (await beat.rows()).length;
      await nextRunAfter(beat, before);
      expect(repeatedIds(await expectApart(fleet, beat))).toEqual([lost]);
    }),
  );

  it(
    "on BullMQ: stay apart, each second is sent once or skipped, and another worker ends the job of the killed one",
    withFleet(async (fleet) => {
      const beat = await startBeat(fleet, "bullmq", HOUR_MS);
      const worker = fleet.with(await bullmq(beat.redis));
      await killLeaders(fleet, beat);
      const lost = await killWorker(fleet, beat, { worker, start: bullmq });
      const before = (await beat.rows()).length;
      await nextRunAfter(beat, before);
      expect(repeatedIds(await expectApart(fleet, beat))).toEqual([lost]);
    }),
  );
});
