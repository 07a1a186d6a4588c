import type { Message, Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import type { CeleryRedisOptions } from "@beatx/publisher-celery";
import { startCeleryWorker, startRedisTls } from "@beatx/test-servers";
import type { CeleryWorker, RedisTls } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

let redis: RedisTls;
let worker: CeleryWorker;
const publishers: Publisher[] = [];

beforeAll(async () => {
  redis = await startRedisTls();
  const broker = `${redis.uri}/1?ssl_cert_reqs=required&ssl_ca_certs=${redis.caFile}`;
  worker = await startCeleryWorker({ broker, record: `${redis.server.uri}/15` });
});

afterEach(async () => {
  for (const publisher of publishers.splice(0)) await publisher.close();
});

afterAll(async () => {
  await worker?.stop();
  await redis?.stop();
});

function open(options: Partial<CeleryRedisOptions>): Publisher {
  const publisher = celeryRedisPublisher({ uri: `celery+${redis.uri}/1`, publishTimeoutMs: 10_000, ...options });
  publishers.push(publisher);
  return publisher;
}

const publish = (publisher: Publisher, message: Message): Promise<readonly (Error | undefined)[]> =>
  publisher.publish([message], { signal: new AbortController().signal });

describe("over TLS", () => {
  it("a Celery worker runs the task with its arguments and its id", async () => {
    const message = sampleMessage({ task: "tasks.add", args: [20, 22], options: { headers: { "x-trace": "abc" } } });
    expect(await publish(open({ tls: { ca: redis.ca } }), message)).toEqual([undefined]);
    const [record, ...others] = await worker.waitForReceived(1);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ id: message.id, task: "tasks.add", args: [20, 22], result: 42 });
    expect(record!.headers).toMatchObject({ "x-trace": "abc", "beatx-entry": message.entry });
  });

  it.each([
    ["an untrusted certificate is refused", "celery+rediss", /self-signed certificate/],
    ["a server that requires TLS gets nothing without it", "celery+redis", /no connection to the Celery broker/],
  ])("%s, and nothing is sent", async (_name, scheme, reason) => {
    const uri = `${redis.uri.replace("rediss", scheme)}/2`;
    await expect(publish(open({ uri }), sampleMessage())).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringMatching(reason) as string,
    });
    expect(await redis.server.cli("-n", "2", "DBSIZE")).toBe("0");
  });
});
