import { type BeatStatus, type Client, createBeat, createClient, silentLogger } from "@beatx/core";
import { type RedisServer, startRedis, waitFor } from "@beatx/test-servers";
import { afterAll, beforeAll, expect, it } from "vitest";

let server: RedisServer;
let client: Client;

beforeAll(async () => {
  server = await startRedis();
  client = createClient({ store: `${server.uri}/0`, from: import.meta.url });
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
});

/** The status, as soon as the publisher is in the state. */
async function statusWhen(state: string): Promise<BeatStatus> {
  return waitFor(`the publisher to be ${state}`, async () => {
    const status = await client.status();
    return status.publisher?.state === state ? status : undefined;
  });
}

it("a broker that is down shows in the status, with what waits, until it is up", async () => {
  const broker = await startRedis();
  await broker.kill();
  const beat = createBeat({
    store: `${server.uri}/0`,
    publisher: `celery+${broker.uri}/1`,
    from: import.meta.url,
    logger: silentLogger,
    lockTtlMs: 4_000,
    schedule: { job: { task: "t", schedule: "1s" } },
  });
  await beat.start();
  try {
    const { problems } = await statusWhen("failing");
    expect(problems).toMatchObject([{ kind: "publisher" }]);
    expect(problems[0]!.message).toContain(`127.0.0.1:${broker.port}`);
    expect(problems[0]!.since).toBeLessThanOrEqual(Date.now());
    expect((await client.runNow("job")).problems).toMatchObject([{ kind: "publisher" }]);
    await broker.restart();
    expect((await statusWhen("works")).problems).toEqual([]);
  } finally {
    await beat.stop();
    await broker.stop();
  }
});
