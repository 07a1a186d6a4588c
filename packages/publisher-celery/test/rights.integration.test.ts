import { createBeat, createClient, silentLogger } from "@beatx/core";
import type { Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { makeRedisUser, readRedisRights, startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

const [forPush, forDelivery] = (await readRedisRights(new URL("../README.md", import.meta.url))).map(
  ({ rules }) => rules,
) as [readonly string[], readonly string[]];
const [{ rules: ofStore }] = (await readRedisRights(new URL("../../store-redis/README.md", import.meta.url))) as [
  { rules: readonly string[] },
];
const never = new AbortController().signal;

let server: RedisServer;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => server?.stop());

async function open(rules: readonly string[]): Promise<Publisher> {
  const credentials = await makeRedisUser(server.port, "limited", rules);
  const publisher = celeryRedisPublisher({ uri: `celery+redis://${credentials}@127.0.0.1:${server.port}/1` });
  ends.push(() => publisher.close());
  return publisher;
}

async function emptyServer(): Promise<void> {
  await server.cli("FLUSHALL");
  await server.cli("SCRIPT", "FLUSH");
  await server.cli("ACL", "LOG", "RESET");
  await server.cli("-n", "1", "SADD", "_kombu.binding.events", "key\x06\x16\x06\x16celery");
}

const refusals = async (): Promise<string[]> => (await server.cli("ACL", "LOG")).match(/^object\n.*$/gm) ?? [];

let count = 0;

/** Everything that a publisher of class D does; the errors and warnings. */
async function deliver(publisher: Publisher): Promise<string[]> {
  const said: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> =>
    work().catch((error: unknown) => void said.push((error as Error).message));
  for (const options of [{}, { priority: 6 }, { exchange: "events", routing_key: "key" }]) {
    const message = sampleMessage({ entry: `entry-${(count += 1)}`, options });
    const answers = await attempt(() => publisher.publish([message], { signal: never }));
    said.push(...(answers ?? []).flatMap((error) => (error ? [error.message] : [])));
  }
  said.push(...((await attempt(() => publisher.checkHealth!({ signal: never }))) ?? []));
  return said;
}

/** What is said of a right that is missing: its command or key. */
function nameOf(rule: string): string {
  if (rule.startsWith("+")) return `may not run ${rule.slice(1).toUpperCase()}`;
  const start = rule.slice(1).replace(/\*$/, "").replace(/[{}.]/g, "\\$&");
  return `may not use the keys? .*"${start}`;
}

/** Without these there is less to see or less exact delivery, and no error. */
const OPTIONAL = new Set(["+set", "+lindex", "+llen"]);

describe("a user with exactly the rights that the README lists for class D", () => {
  it("can do everything", async () => {
    await emptyServer();
    expect(await deliver(await open(forDelivery))).toEqual([]);
    expect(await refusals()).toEqual([]);
    expect(Number(await server.cli("-n", "1", "LLEN", "celery"))).toBe(2);
  });

  it.each(forDelivery.filter((rule) => !OPTIONAL.has(rule)))("needs %s, and learns so without it", async (rule) => {
    await emptyServer();
    const said = await deliver(await open(forDelivery.filter((other) => other !== rule)));
    expect(said.join("\n")).toMatch(new RegExp(nameOf(rule)));
    expect(said.join("\n")).toContain(`127.0.0.1:${server.port}`);
    expect(said.join("\n")).toMatch(/(the Redis|its) user "limited"/);
    expect(said.join("\n")).not.toContain("secret-of-the-test");
  });

  it("needs +get, too, for an entry whose runs must not overlap, and learns so without it", async () => {
    const overlap = { policy: "skip", ttlMs: 60_000 } as const;
    const sendTwice = async (rules: readonly string[]): Promise<readonly (Error | undefined)[]> => {
      await emptyServer();
      const publisher = await open(rules);
      const [entry, scheduledAt] = [`entry-${(count += 1)}`, Date.now()];
      const first = sampleMessage({ entry, overlap, scheduledAt });
      await publisher.publish([first], { signal: never });
      const second = sampleMessage({ entry, overlap, scheduledAt: scheduledAt + 1 });
      return publisher.publish([second, sampleMessage({ entry: "other" })], { signal: never });
    };
    const held = expect.objectContaining({ code: "OVERLAP" }) as Error;
    expect(await sendTwice([...forDelivery, "+get"])).toEqual([held, undefined]);
    expect(await refusals()).toEqual([]);
    const [refused, other] = await sendTwice(forDelivery);
    expect(refused?.message).toMatch(/may not read "celery.beatx-overlap..*add \+get/);
    expect(other).toBeUndefined();
  });

  it("names all rights, and the other set-up, with the one that was missed first", async () => {
    const attempts: ((publisher: Publisher) => Promise<unknown>)[] = [
      (publisher) => deliver(publisher).then(([refused]) => refused),
      // With the right to leave a mark, the store may still send.
      (publisher) => publisher.checkHealth!({ signal: never }).catch((error: unknown) => (error as Error).message),
    ];
    for (const [index, attempt] of attempts.entries()) {
      await emptyServer();
      const rules = index === 0 ? forPush : forPush.filter((rule) => rule !== "+set");
      const refused = await attempt(await open(rules));
      for (const rule of forDelivery.filter((one) => !forPush.includes(one))) expect(refused).toContain(rule);
      expect(refused).toMatch(/with the store on the same server .* it needs ~celery\* \+lpush$/);
    }
  });

  it.each([...OPTIONAL])("sends without %s as well", async (rule) => {
    await emptyServer();
    expect(await deliver(await open(forDelivery.filter((other) => other !== rule)))).toEqual([]);
  });

  it.each(["+lpush", "+time", "+zscore", "+zadd", "+zremrangebyscore", "+sadd"])(
    "learns of a missing %s before the first message",
    async (rule) => {
      await emptyServer();
      const publisher = await open(forDelivery.filter((other) => other !== rule));
      const check = publisher.checkHealth!({ signal: never, isOneStep: false });
      await expect(check).rejects.toThrow(
        `it may not run ${rule.slice(1).toUpperCase()}: add ${rule} to the user's rights`,
      );
      await expect(check).rejects.toThrow(`127.0.0.1:${server.port}`);
      expect(await refusals()).toEqual([]);
    },
  );

  it("may push nothing where the store writes the messages", async () => {
    await emptyServer();
    expect(await (await open(forPush)).checkHealth!({ signal: never, isOneStep: true })).toEqual([]);
  });

  it("leaves no message behind that it would send again, whichever right is missing", async () => {
    for (const rule of forDelivery.filter((one) => one.startsWith("+"))) {
      await emptyServer();
      const publisher = await open(forDelivery.filter((other) => other !== rule));
      const message = sampleMessage({ entry: `entry-${(count += 1)}` });
      const send = (): Promise<boolean> =>
        publisher.publish([message], { signal: never }).then(
          ([error]) => error === undefined,
          () => false,
        );
      const isSent = await send();
      await send();
      expect(await server.cli("-n", "1", "LLEN", "celery"), rule).toBe(isSent ? "1" : "0");
    }
  });
});

describe("users with exactly the rights that the READMEs list for class T", () => {
  /** Runs a beat on store and broker until it has sent; its guarantee. */
  async function run(publisherRules: readonly string[], storeRules: readonly string[]): Promise<string> {
    const place = `127.0.0.1:${server.port}/1`;
    const [sender, keeper] = [
      await makeRedisUser(server.port, "sender", publisherRules),
      await makeRedisUser(server.port, "keeper", storeRules),
    ];
    let sent = 0;
    const beat = createBeat({
      store: `redis://${keeper}@${place}`,
      publisher: `celery+redis://${sender}@${place}`,
      from: import.meta.url,
      namespace: "beatx",
      logger: silentLogger,
      lockTtlMs: 3000,
      schedule: { often: { task: "task", schedule: "200ms" } },
    });
    ends.push(() => beat.stop());
    beat.on("published", () => (sent += 1));
    await beat.start();
    await waitFor("messages", () => sent > 2);
    const client = createClient({ store: `redis://${keeper}@${place}`, from: import.meta.url, namespace: "beatx" });
    ends.push(() => client.close());
    return (await client.status()).delivery ?? "";
  }

  it("send in one step", async () => {
    await emptyServer();
    expect(await run(forPush, [...ofStore, "~celery*", "+lpush"])).toContain("in one step");
    const denied = (await refusals()).filter((line) => !line.endsWith("config|get"));
    expect(denied).toEqual([]);
  });

  it("send by comparing at the queue if the store may not push", async () => {
    await emptyServer();
    expect(await run(forDelivery, ofStore)).toContain("the queue refuses repeats");
  });
});
