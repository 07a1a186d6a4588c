import { createClient } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { expect, it } from "vitest";

import { type BeatNode, leaderOf } from "./beat-node.js";
import { type Fleet, withFleet } from "./fleet.js";
import { missing, repeated, type Run } from "./occurrences.js";

const LOCK_TTL_MS = 3_000;
/** Entries of each application that both of its configurations have. */
const KEPT = 100;

const everySecond = (task: string) => ({ task, schedule: "1s", missed: "all", maxCatchUp: 1_000 }) as const;
const kept = Object.fromEntries(
  Array.from({ length: KEPT }, (_, index) => [`job-${index}`, everySecond("tasks.echo")]),
);
const OLD = { ...kept, changed: everySecond("tasks.old"), gone: everySecond("tasks.echo") };
const NEW = { ...kept, changed: everySecond("tasks.new"), added: everySecond("tasks.echo") };

/** `billing` names the versions of its configuration, `mail` does not. */
const APPS = ["billing", "mail"] as const;
type App = (typeof APPS)[number];

/** All messages in the queue. */
async function messagesIn(redis: Redis): Promise<(Run & { readonly task: string })[]> {
  const texts = await redis.lrange("celery", 0, -1);
  return texts.map((text) => {
    const { headers } = JSON.parse(text) as { readonly headers: Record<string, string> };
    const scheduledAt = Date.parse(headers["beatx-scheduled-at"]!);
    return { id: headers["id"]!, entry: headers["beatx-entry"]!, task: headers["task"]!, scheduledAt };
  });
}

/** Every node gets the new configuration, one after the other, while all entries run; on the way the leader is killed. */
async function roll(fleet: Fleet, start: (app: App, isNew: boolean) => Promise<BeatNode>): Promise<void> {
  const old = new Map<BeatNode, App>();
  for (const app of [...APPS, ...APPS, ...APPS]) old.set(await start(app, false), app);
  await leaderOf(fleet.nodes).then((leader) => leader.waitFor("published"));
  let deployed = 0;
  for (const [node, app] of old) {
    if (node.role !== "gone") await node.stop();
    await start(app, true);
    if (++deployed !== 3) continue;
    const leader = await leaderOf(fleet.running);
    await leader.kill();
    // One that had the new configuration already is started again at once; an old one, in its turn.
    if (!old.has(leader)) await start(appOf(leader), true);
  }

  function appOf(node: BeatNode): App {
    return apps.get(node)!;
  }
}

/** The application of each node. */
const apps = new WeakMap<BeatNode, App>();

it(
  "a rolling deployment of two applications, with the leader killed on the way: none missed, none repeated, and nothing else touched",
  withFleet(async (fleet) => {
    const server = fleet.with(await startRedis());
    const uri = `${server.uri}/0`;
    const redis = new Redis(server.port, server.host);
    const client = createClient({ store: uri, namespace: "rolling", stores: [storeProvider] });
    const shared = { store: uri, publisher: `celery+${uri}`, namespace: "rolling", lockTtlMs: LOCK_TTL_MS };
    const start = async (app: App, isNew: boolean): Promise<BeatNode> => {
      const version = app === "billing" ? { configVersion: isNew ? 2 : 1 } : {};
      await fleet.start({ ...shared, ...version, app, schedule: isNew ? NEW : OLD });
      const node = fleet.nodes.at(-1)!;
      apps.set(node, app);
      return node;
    };
    const names = async (): Promise<string[]> => (await client.list()).map(({ name }) => name).sort();
    const expected = (schedule: object): string[] =>
      [
        ...APPS.flatMap((app) => Object.keys(schedule).map((name) => `${app}/${name}`)),
        "billing/by-hand",
        "dynamic",
      ].sort();

    await client.put("dynamic", everySecond("tasks.dynamic"));
    await client.put("billing/by-hand", everySecond("tasks.dynamic"));
    let from = 0;
    await roll(fleet, async (app, isNew) => {
      if (isNew && from === 0) {
        await waitFor("the entries of both applications", async () => (await names()).join() === expected(OLD).join());
        from = Date.now();
      }
      return start(app, isNew);
    });
    await waitFor("the new configurations", async () => {
      const tasks = (await client.list()).map(({ entry }) => entry["task"]);
      return (await names()).join() === expected(NEW).join() && !tasks.includes("tasks.old");
    });
    const to = Date.now() + 2_000;

    const always = [...Object.keys(kept), "changed"].flatMap((name) => APPS.map((app) => `${app}/${name}`));
    const rules = Object.fromEntries(
      [...always, "dynamic", "billing/by-hand"].map((name) => [name, { schedule: "1s" }] as const),
    );
    await waitFor(
      "all that was due",
      async () => missing(await messagesIn(redis), rules, from, to).length === 0,
      120_000,
    );
    const messages = await messagesIn(redis);
    expect(repeated(messages)).toEqual([]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
    // Since the last node was started, the old task has not been sent, and vanished entries have not run.
    const late = messages.filter(({ scheduledAt }) => scheduledAt > to - 1_000);
    expect(late.filter(({ entry, task }) => entry.endsWith("/gone") || task === "tasks.old")).toEqual([]);
    expect((await client.status()).apps).toEqual([
      { app: "billing", configVersion: 2, entries: KEPT + 2 },
      { app: "mail", configVersion: null, entries: KEPT + 2 },
    ]);
    expect(await client.get("billing/by-hand")).toMatchObject({ source: "api", app: null });
    expect(await names()).toEqual(expected(NEW));
    await Promise.all(fleet.running.map((node) => node.stop()));
    await client.close();
    redis.disconnect();
  }),
);
