import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { type Message, PublishError } from "@beatx/core";
import { startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

let server: RedisServer;
let client: Redis | undefined;
beforeAll(async () => {
  server = await startRedis();
  await server.cli("sadd", "_kombu.binding.both", row("celery"), row("mail"));
});
afterEach(() => client?.disconnect());
afterAll(() => server?.stop());

/** A row of an exchange's table, which leads every message of routing key "rk" to the queue. */
function row(queue: string): string {
  return ["rk", "", queue].join("\x06\x16");
}

/** Loses the connection for good as soon as the server has answered messages. */
function openClient(credentials = {}): Redis {
  client = new Redis({ port: server.port, ...credentials });
  const call = client.call.bind(client) as (...args: unknown[]) => Promise<unknown>;
  client.call = async (...args: unknown[]) => {
    const answer = await call(...args);
    if (Array.isArray(answer)) client?.disconnect();
    return answer;
  };
  return client;
}

let count = 0;
const messageTo = (options: Message["options"]): Message => sampleMessage({ entry: `entry-${(count += 1)}`, options });
const toBoth = (): Message => messageTo({ exchange: "both", routing_key: "rk" });

async function send(messages: readonly Message[], credentials = {}): Promise<readonly (Error | undefined)[]> {
  const publisher = celeryRedisPublisher({ client: openClient(credentials) });
  const answers = await publisher.publish(messages, { signal: new AbortController().signal });
  await publisher.close();
  return answers;
}

describe("when the connection is lost between two scripts", () => {
  it("a message that one of its queues has is not called unsent", async () => {
    // A script takes 500 copies: the last message for both queues has one in it and one in the next.
    const sent = [messageTo({}), ...Array.from({ length: 249 }, toBoth)];
    const answers = await send([...sent, toBoth(), messageTo({})]);
    expect(answers.slice(0, 250).every((answer) => answer === undefined)).toBe(true);
    expect(answers.slice(250).map((answer) => answer?.message)).toEqual([
      expect.stringContaining("publish"),
      expect.stringContaining("publish"),
    ]);
    expect(answers.slice(250).map(PublishError.isNotSent)).toEqual([false, true]);
  });

  it("the accepted half of a batch that is partly forbidden counts as sent", async () => {
    const keys = ["~celery", "~{celery}:p", "~_kombu.binding.*"];
    await server.cli("acl", "setuser", "beat", "on", ">pw", "+@all", ...keys, "&*");
    const credentials = { username: "beat", password: "pw" };
    const [accepted, unsent] = await send([messageTo({}), messageTo({ queue: "mail" })], credentials);
    expect([accepted, PublishError.isNotSent(unsent)]).toEqual([undefined, true]);
    const answers = await send([toBoth(), messageTo({ queue: "mail" })], credentials);
    expect(answers[0]).toBeInstanceOf(PublishError);
    expect(answers.map(PublishError.isNotSent)).toEqual([false, true]);
  });
});
