import type { JsonObject, Publisher } from "@beatx/core";
import { bullmqPublisher } from "@beatx/publisher-bullmq";
import { makeRedisUser, readRedisRights, startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

const [{ rules: documented }] = (await readRedisRights(new URL("../README.md", import.meta.url))) as [
  { rules: readonly string[] },
];
const never = new AbortController().signal;

let server: RedisServer;
const publishers: Publisher[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.close()));
});
afterAll(() => server?.stop());

async function open(rules: readonly string[]): Promise<Publisher> {
  await server.cli("FLUSHALL");
  await server.cli("SCRIPT", "FLUSH");
  await server.cli("ACL", "LOG", "RESET");
  const credentials = await makeRedisUser(server.port, "limited", rules);
  const publisher = bullmqPublisher({ uri: `bullmq+redis://${credentials}@127.0.0.1:${server.port}/1` });
  publishers.push(publisher);
  return publisher;
}

let count = 0;

const cli = (...args: string[]): Promise<string> => server.cli("-n", "1", ...args);

/** Sends a job with every option that takes other commands; the errors and warnings. */
async function exercise(publisher: Publisher): Promise<string[]> {
  const said: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> =>
    work().catch((error: unknown) => void said.push((error as Error).message));
  const send = async (options: JsonObject = {}): Promise<string> => {
    const message = sampleMessage({ entry: `entry-${(count += 1)}`, id: `id-${count}`, options });
    const answers = await attempt(() => publisher.publish([message], { signal: never }));
    said.push(...(answers ?? []).flatMap((error) => (error ? [error.message] : [])));
    return `beatx-id-${count}`;
  };
  for (const options of [{}, { lifo: true }, { delay: 60_000 }, { priority: 3 }]) await send(options);
  await cli("HSET", "bull:beatx:meta", "concurrency", "1");
  await send();
  await send({ deduplication: { id: "kept" } });
  await send({ deduplication: { id: "kept" } });
  // Deduplicated while the first job runs: the next one is kept until it has ended.
  const running = await send({ deduplication: { id: "running", keepLastIfActive: true } });
  await cli("LREM", "bull:beatx:wait", "0", running);
  await cli("LPUSH", "bull:beatx:active", running);
  await send({ deduplication: { id: "running", keepLastIfActive: true } });
  await send({ delay: 60_000, deduplication: { id: "replaced", ttl: 60_000, replace: true } });
  await send({ delay: 60_000, deduplication: { id: "replaced", ttl: 60_000, replace: true } });
  said.push(...((await attempt(() => publisher.checkHealth!({ signal: never }))) ?? []));
  return said;
}

/** What is said of a right that is missing: its command or key. */
function nameOf(rule: string): string {
  if (rule.startsWith("~")) return 'may not use the keys? .*"bull:';
  // Without LPOS, BullMQ tries the slower LRANGE.
  const name = rule === "+lpos" ? "LRANGE" : rule.slice(1).toUpperCase();
  return `may not run (\\w+ or )?${name}( or \\w+)?: add`;
}

describe("a user with exactly the rights that the README lists", () => {
  it("can do everything", async () => {
    expect(await exercise(await open(documented))).toEqual([]);
    expect((await server.cli("ACL", "LOG")).match(/^object\n.*$/gm) ?? []).toEqual([]);
  });

  it.each(documented)("needs %s, and learns so without it", async (rule) => {
    const said = await exercise(await open(documented.filter((other) => other !== rule)));
    expect(said.join("\n")).toMatch(new RegExp(nameOf(rule)));
    expect(said.join("\n")).toContain(`127.0.0.1:${server.port}`);
    expect(said.join("\n")).not.toContain("secret-of-the-test");
  });

  // Each job runs these, or a plain one does.
  it.each(["+incr", "+exists", "+hget", "+hmset", "+xadd", "+zadd", "+lpush"])(
    "learns of a missing %s before the first job",
    async (rule) => {
      const publisher = await open(documented.filter((other) => other !== rule));
      const check = publisher.checkHealth!({ signal: never });
      await expect(check).rejects.toThrow(
        `it may not run ${rule.slice(1).toUpperCase()}: add ${rule} to the user's rights`,
      );
      await expect(check).rejects.toThrow(`127.0.0.1:${server.port}`);
    },
  );

  it("may lack rights that only plain jobs need, once others were sent", async () => {
    const publisher = await open(documented.filter((rule) => rule !== "+lpush"));
    const message = sampleMessage({ options: { lifo: true } });
    expect(await publisher.publish([message], { signal: never })).toEqual([undefined]);
    expect(await publisher.checkHealth!({ signal: never })).toEqual([]);
  });
});
