import { readFile } from "node:fs/promises";
import type { Publisher } from "@beatx/core";
import { waitFor } from "@beatx/test-servers";
import { describe, expect, it } from "vitest";
import { failureOf, nextMessage, send, setUpRabbit, whenSent } from "./amqp-fixture.js";
import { onChannel } from "./rabbit-queue.js";

const fixture = setUpRabbit();
const SECRET = "secret-of-the-test";

const uriOf = (user: string, vhost = "/"): string =>
  `celery+amqp://${user}:${SECRET}@127.0.0.1:${fixture.rabbit.port}/${vhost}`;
const check = (publisher: Publisher, signal = new AbortController().signal): Promise<readonly string[]> =>
  publisher.checkHealth!({ signal });

async function addUser(name: string, ...permissions: string[]): Promise<string> {
  await fixture.rabbit.ctl("add_user", name, SECRET);
  if (permissions.length > 0) await fixture.rabbit.ctl("set_permissions", "-p", "/", name, ...permissions);
  return uriOf(name);
}

/** The error of a health check names the broker and no secret. */
async function sickness(publisher: Publisher): Promise<string> {
  const error = await failureOf(check(publisher));
  expect(error).toMatchObject({ code: "PUBLISH" });
  expect(error.message).toContain(`127.0.0.1:${fixture.rabbit.port}`);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(SECRET);
  return error.message;
}

/** The patterns configure, write and read of each line that the README has for copying. */
async function documentedPermissions(): Promise<string[][]> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const lines = [...readme.matchAll(/^rabbitmqctl set_permissions -p \/ beatx (.*)$/gm)];
  return lines.map(([, patterns]) => [...patterns!.matchAll(/'([^']*)'/g)].map(([, pattern]) => pattern!));
}

describe("the health of RabbitMQ", () => {
  it("is good if it takes messages; no queue gets anything", async () => {
    const publisher = fixture.openPublisher();
    expect(await check(publisher)).toEqual([]);
    expect(await check(publisher)).toEqual([]);
    expect(await fixture.rabbit.ctl("list_queues", "name", "messages")).not.toContain("beatx-health-check");
  });

  it("is bad before the first message if workers have yet to declare the default queue", async () => {
    const publisher = fixture.openPublisher({ createMissingQueues: undefined, defaultQueue: "not-yet" });
    const missing = /the queue "not-yet" does not exist .*start the worker that declares it.*"queueType"/;
    expect(await sickness(publisher)).toMatch(missing);
    expect(await sickness(publisher)).toMatch(missing);
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertQueue("not-yet"));
    expect(await check(publisher)).toEqual([]);
  });

  it("is good before the first message if the publisher would declare the default queue", async () => {
    const publisher = fixture.openPublisher({
      createMissingQueues: undefined,
      queueType: "classic",
      defaultQueue: "own",
    });
    expect(await check(publisher)).toEqual([]);
    expect(await fixture.rabbit.ctl("list_queues", "name")).not.toContain("own");
  });

  it("goes by the queues in use: one that is missing is a warning, and only all of them are an error", async () => {
    const publisher = fixture.openPublisher({ createMissingQueues: undefined, defaultQueue: "unused" });
    for (const queue of ["mail", "video"]) {
      await onChannel(fixture.rabbit.uri, (channel) => channel.assertQueue(queue));
      expect(await send(publisher, [nextMessage({ queue })])).toEqual([undefined]);
    }
    expect(await check(publisher)).toEqual([]);
    await onChannel(fixture.rabbit.uri, (channel) => channel.deleteQueue("video"));
    expect(await check(publisher)).toEqual([
      expect.stringMatching(/the queue "video" does not exist .*start the worker/),
    ]);
    await onChannel(fixture.rabbit.uri, (channel) => channel.deleteQueue("mail"));
    expect(await sickness(publisher)).toMatch(/the queue "mail" does not exist/);
  });

  it("needs no queue for messages to an exchange", async () => {
    const publisher = fixture.openPublisher({ createMissingQueues: undefined, defaultQueue: "unused" });
    await onChannel(fixture.rabbit.uri, async (channel) => {
      await channel.assertExchange("events", "direct");
      await channel.assertQueue("of-events");
      await channel.bindQueue("of-events", "events", "key");
    });
    expect(await send(publisher, [nextMessage({ exchange: "events", routing_key: "key" })])).toEqual([undefined]);
    expect(await check(publisher)).toEqual([]);
  });

  it("is bad if it refuses the password or has no such virtual host", async () => {
    await addUser("known");
    const wrong = `celery+amqp://known:${SECRET}-not@127.0.0.1:${fixture.rabbit.port}//`;
    expect(await sickness(fixture.openPublisher({ uri: wrong }))).toMatch(/check the user, the password/);
    expect(await sickness(fixture.openPublisher({ uri: uriOf("known", "none") }))).toMatch(/virtual host/);
  });

  it("is bad if the virtual host takes no more connections", async () => {
    await fixture.rabbit.ctl("add_vhost", "small");
    await fixture.rabbit.ctl("set_vhost_limits", "-p", "small", '{"max-connections": 0}');
    await addUser("crowd");
    await fixture.rabbit.ctl("set_permissions", "-p", "small", "crowd", ".*", ".*", ".*");
    expect(await sickness(fixture.openPublisher({ uri: uriOf("crowd", "small") }))).toContain("limit of connections");
  });

  it.each([
    ["while it waits for its message", true],
    ["while it opens its first channel", false],
  ])("is told in the words of a batch that was called off, and broke the connection, %s", async (_when, hasChecked) => {
    const publisher = fixture.openPublisher();
    await whenSent(publisher, nextMessage());
    if (hasChecked) await check(publisher);
    fixture.rabbit.pause();
    const batch = new AbortController();
    const sending = failureOf(send(publisher, [nextMessage()], batch.signal));
    const words = sickness(publisher);
    await new Promise((resolve) => setImmediate(resolve));
    batch.abort();
    expect(await words).toBe((await sending).message);
    expect(await words).toMatch(/did not confirm a message within \d+ ms, and the wait was called off/);
  });

  it("is bad if its memory is full, with the moment and the reason", async () => {
    await fixture.rabbit.ctl("set_vm_memory_high_watermark", "0.00001");
    try {
      const publisher = fixture.openPublisher({ publishTimeoutMs: 3_000 });
      const words = await waitFor("the alarm", async () => {
        const message = await check(publisher).then(
          () => "",
          (error: Error) => error.message,
        );
        return message.includes("has taken no messages since") && message;
      });
      expect(words).toMatch(
        / did not answer within .*has taken no messages since \d{4}-\d\d-\d\dT.*: low on memory\); free memory .*$/,
      );
      expect(await sickness(fixture.openPublisher({ publishTimeoutMs: 3_000 }))).toContain("low on memory");
    } finally {
      await fixture.rabbit.ctl("set_vm_memory_high_watermark", "0.4");
    }
    await waitFor("the end of the alarm", () =>
      check(fixture.openPublisher()).then(
        () => true,
        () => false,
      ),
    );
  });

  it("is bad if it does not answer or does not run, and good when it is back", async () => {
    const publisher = fixture.openPublisher({ publishTimeoutMs: 1_500 });
    await waitFor("the connection", () =>
      check(publisher).then(
        () => true,
        () => false,
      ),
    );
    fixture.rabbit.pause();
    expect(await sickness(publisher)).toMatch(/did not answer within 1500 ms|no connection to/);
    fixture.rabbit.resume();
    await fixture.rabbit.kill();
    await waitFor("the loss", async () => /ECONNREFUSED/.test(await sickness(publisher)));
    await fixture.rabbit.restart();
    await waitFor("the broker to be back", () =>
      check(publisher).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe("a user with exactly the permissions that the README lists", () => {
  it("sends to a queue that exists", async () => {
    const [toSend] = await documentedPermissions();
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertQueue("celery"));
    const publisher = fixture.openPublisher({ uri: await addUser("sender", ...toSend!) });
    const message = nextMessage({ queue: "celery" });
    expect(await send(publisher, [message])).toEqual([undefined]);
    expect(await check(publisher)).toEqual([]);
    expect(await fixture.idsIn("celery")).toEqual([message.id]);
  });

  it("declares a queue that does not", async () => {
    const [, toDeclare] = await documentedPermissions();
    await onChannel(fixture.rabbit.uri, (channel) => channel.deleteQueue("celery"));
    const publisher = fixture.openPublisher({ uri: await addUser("declarer", ...toDeclare!), queueType: "classic" });
    const message = nextMessage({ queue: "celery" });
    expect(await send(publisher, [message])).toEqual([undefined]);
    expect(await fixture.idsIn("celery")).toEqual([message.id]);
  });

  it("learns which permission is missing, and for what", async () => {
    const [toSend, toDeclare] = await documentedPermissions();
    const silent = fixture.openPublisher({ uri: await addUser("silent", toSend![0]!, "^$", toSend![2]!) });
    const noWrite = 'needs the permission write for the exchange "amq.default": add it with rabbitmqctl';
    expect(await sickness(silent)).toContain(noWrite);
    expect(await send(silent, [nextMessage({ queue: "celery" })])).toMatchObject([
      { message: expect.stringContaining(noWrite) as string, notSent: true },
    ]);
    await onChannel(fixture.rabbit.uri, (channel) => channel.deleteQueue("celery"));
    const [, ...others] = toDeclare!;
    const uri = await addUser("undeclaring", "^$", ...others);
    const undeclaring = fixture.openPublisher({ uri, queueType: "classic" });
    expect(await send(undeclaring, [nextMessage({ queue: "celery" })])).toMatchObject([
      { message: expect.stringContaining('needs the permission configure for the queue "celery"') as string },
    ]);
  });
});
