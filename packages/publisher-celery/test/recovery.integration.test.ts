import { type Beat, createBeat, silentLogger } from "@beatx/core";
import { type RabbitServer, type RedisServer, startRabbit, startRedis, waitFor } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";

const ENTRIES = 700;

let redis: RedisServer | undefined;
let broker: RabbitServer | RedisServer | undefined;
let beat: Beat | undefined;

afterEach(async () => {
  await beat?.stop();
  await broker?.stop();
  await redis?.stop();
});

/** What the beat reports, in order: the name of an entry, or an error. */
async function startBeat(publisher: string): Promise<(string | Error)[]> {
  redis = await startRedis();
  const store = `redis://127.0.0.1:${redis.port}`;
  const entry = { task: "t", schedule: "1s", options: { queue: "recovery" } };
  const schedule = Object.fromEntries(Array.from({ length: ENTRIES }, (_, index) => [`entry-${index}`, entry]));
  const reports: (string | Error)[] = [];
  beat = createBeat({ store, publisher, schedule, logger: silentLogger, lockTtlMs: 4_000 });
  beat.on("published", (event) => reports.push(event.entry));
  beat.on("error", (error) => reports.push(error));
  await beat.start();
  return reports;
}

const isName = (report: string | Error): boolean => typeof report === "string";

describe.each([
  ["RabbitMQ", startRabbit, (server: RabbitServer) => `celery+${server.uri}?queue_type=classic`],
  ["Redis", startRedis, (server: RedisServer) => `celery+redis://127.0.0.1:${server.port}/0`],
] as const)("after an outage of %s", (_name, start, uriOf) => {
  it("its first message is followed by those of all entries that waited", async () => {
    const server = await start();
    broker = server;
    const reports = await startBeat(uriOf(server as never));
    await waitFor("the first messages", () => reports.length >= ENTRIES);
    await server.kill();
    const firstError = await waitFor("the outage", () => reports.findIndex((report) => !isName(report)) + 1);
    // Each of them is a failed batch: single entries would have backed off for seconds by now.
    await waitFor("some probes", () => reports.length >= firstError + 8);
    const before = reports.length;
    await server.restart();
    await waitFor("the messages of all entries", () => new Set(reports.slice(before).filter(isName)).size === ENTRIES);
    const sent = reports.slice(before).filter(isName);
    expect(new Set(sent.slice(0, ENTRIES)).size).toBe(ENTRIES);
  });
});
