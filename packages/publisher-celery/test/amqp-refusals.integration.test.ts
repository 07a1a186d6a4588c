import { type Message, PublishError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { failureOf, nextMessage, send, setUpRabbit } from "./amqp-fixture.js";
import { onChannel } from "./rabbit-queue.js";

const fixture = setUpRabbit();

describe("a message that RabbitMQ does not take", () => {
  it("is an error of its own only, if it reaches no queue", async () => {
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertExchange("empty", "direct", { durable: true }));
    const toExchange = (exchange: string): Message => nextMessage({ exchange, routing_key: "rk" });
    const good = [nextMessage(), nextMessage()];
    const answers = await send(fixture.openPublisher(), [
      good[0]!,
      toExchange("empty"),
      toExchange("nowhere"),
      good[1]!,
    ]);
    expect(answers).toEqual([
      undefined,
      expect.objectContaining({
        code: "PUBLISH",
        message: expect.stringMatching(/"empty".*"rk" reaches no queue/) as string,
        notSent: true,
      }),
      expect.objectContaining({ message: expect.stringMatching(/no exchange 'nowhere'/) as string, notSent: true }),
      undefined,
    ]);
    expect(await fixture.idsIn("tests")).toEqual(good.map(({ id }) => id));
  });

  it("is never called unsent if it is in the queue: the exchange is deleted while a batch is under way", async () => {
    const publisher = fixture.openPublisher();
    const next = (): Message => nextMessage({ exchange: "doomed", routing_key: "rk" });
    const messages = Array.from({ length: 500 }, next);
    const answers = await onChannel(fixture.rabbit.uri, async (channel) => {
      await channel.assertExchange("doomed", "direct", { durable: true });
      await channel.assertQueue("heir", { durable: true });
      await channel.bindQueue("heir", "doomed", "rk");
      await send(publisher, [next()]);
      const sending = send(publisher, messages);
      await new Promise(setImmediate);
      await channel.deleteExchange("doomed");
      return sending;
    });
    const unsent = messages.filter((_, index) => PublishError.isNotSent(answers[index]));
    const received = new Set(await fixture.idsIn("heir"));
    expect(unsent.filter(({ id }) => received.has(id))).toEqual([]);
  });

  it("was certainly not sent, nor was the rest of its batch, if its exchange is missing from the start", async () => {
    const messages = [1, 2, 3].map(() => nextMessage({ exchange: "nowhere", routing_key: "rk" }));
    const publisher = fixture.openPublisher();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answers = await send(publisher, messages);
      expect(answers.map(PublishError.isNotSent)).toEqual([true, true, true]);
    }
  });

  it("is not on the broker's disk, and every confirmed one is", async () => {
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertExchange("void", "direct", { durable: true }));
    const messages = [
      ...Array.from({ length: 300 }, () => nextMessage({ queue: "counted" })),
      ...Array.from({ length: 20 }, () => nextMessage({ exchange: "void", routing_key: "rk" })),
    ];
    const answers = await send(fixture.openPublisher(), messages);
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(300);
    const counts = await fixture.rabbit.ctl("list_queues", "--quiet", "name", "messages", "messages_persistent");
    expect(counts.split("\n")).toContain("counted\t300\t300");
    // A broker that is killed may forget a queue that has just been declared, but no message that it has confirmed.
    await fixture.rabbit.ctl("eval", "mnesia:sync_log().");
    await fixture.rabbit.restart();
    expect(await fixture.idsIn("counted")).toEqual(messages.slice(0, 300).map(({ id }) => id));
  });

  it("is an error of its own only, each time, if its queue cannot be declared as the entry says", async () => {
    const publisher = fixture.openPublisher();
    const clash = { queue: "clash", queue_arguments: { "x-max-length": "many" } };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const good = [nextMessage(), nextMessage()];
      const answers = await send(publisher, [good[0]!, nextMessage(clash), good[1]!]);
      expect(answers).toEqual([
        undefined,
        expect.objectContaining({
          code: "PUBLISH",
          message: expect.stringMatching(
            /"clash" cannot be declared.*PRECONDITION_FAILED.*x-max-length.*"queueArguments"/,
          ) as string,
          notSent: true,
        }),
        undefined,
      ]);
      expect(await fixture.idsIn("tests")).toEqual(good.map(({ id }) => id));
    }
  });

  it("is an error of its own only, if it cannot be written", async () => {
    const good = nextMessage();
    const bad = [
      nextMessage({ headers: { long: "x".repeat(100_000) } }),
      nextMessage({ colour: "red" }),
      nextMessage({ headers: { CC: "mail" } }),
    ];
    const answers = await send(fixture.openPublisher(), [...bad, good]);
    expect(answers.map((answer) => answer?.message)).toEqual([
      expect.stringContaining("exceeds"),
      expect.stringContaining('"colour"'),
      expect.stringContaining('"CC"'),
      undefined,
    ]);
    expect(answers.map(PublishError.isNotSent)).toEqual([true, true, true, false]);
    expect(await fixture.idsIn("tests")).toEqual([good.id]);
  });

  it("is an error if its queue is full", async () => {
    await onChannel(fixture.rabbit.uri, (channel) =>
      channel.assertQueue("full", { durable: true, maxLength: 1, overflow: "reject-publish" }),
    );
    const publisher = fixture.openPublisher({ createMissingQueues: false });
    const messages = [1, 2, 3].map(() => nextMessage({ queue: "full" }));
    expect(await send(publisher, messages.slice(0, 1))).toEqual([undefined]);
    const answers = await send(publisher, messages.slice(1));
    const full = expect.objectContaining({ message: expect.stringContaining("full") as string }) as unknown;
    expect(answers).toEqual([full, full]);
  });

  it("is taken the next time if its queue was deleted: the queue is declared again", async () => {
    const publisher = fixture.openPublisher();
    await send(publisher, [nextMessage({ queue: "deleted" })]);
    await onChannel(fixture.rabbit.uri, (channel) => channel.deleteQueue("deleted"));
    const message = nextMessage({ queue: "deleted" });
    const [error] = await send(publisher, [message]);
    expect(error?.message).toMatch(/queue "deleted" does not exist .*: the next attempt/);
    expect(await send(publisher, [message])).toEqual([undefined]);
    expect(await fixture.idsIn("deleted")).toEqual([message.id]);
  });
});

describe("with a broker that refuses us", () => {
  const uriWith = (credentials: string, vhost: string): string =>
    `celery+amqp://${credentials}@127.0.0.1:${fixture.rabbit.port}/${vhost}`;

  it("says that the password is wrong without naming it", async () => {
    const publisher = fixture.openPublisher({ uri: uriWith("guest:wrong-secret", "/") });
    const error = await failureOf(send(publisher, [nextMessage()]));
    expect(error).toMatchObject({
      code: "PUBLISH",
      message: expect.stringMatching(/ACCESS_REFUSED.*password/) as string,
      notSent: true,
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("wrong-secret");
  });

  it("names a virtual host that does not exist", async () => {
    const publisher = fixture.openPublisher({ uri: uriWith("guest:guest", "nowhere") });
    const error = await failureOf(send(publisher, [nextMessage()]));
    expect(error).toMatchObject({
      code: "PUBLISH",
      message: expect.stringMatching(/nowhere.*virtual host/) as string,
      notSent: true,
    });
  });

  it("works with the right user in a virtual host whose name needs escapes", async () => {
    await fixture.rabbit.ctl("add_vhost", "a/b %41");
    await fixture.rabbit.ctl("add_user", "me", "p@ss:/word");
    await fixture.rabbit.ctl("set_permissions", "--vhost", "a/b %41", "me", ".*", ".*", ".*");
    const publisher = fixture.openPublisher({ uri: uriWith("me:p%40ss%3A%2Fword", "a%2Fb%20%2541") });
    expect(await send(publisher, [nextMessage()])).toEqual([undefined]);
  });

  it("fails only the messages for which the user lacks a permission", async () => {
    await fixture.rabbit.ctl("add_user", "limited", "limited");
    await fixture.rabbit.ctl("set_permissions", "limited", "^mine$", "^(mine|amq\\.default)$", "^mine$");
    const publisher = fixture.openPublisher({ uri: uriWith("limited:limited", "/") });
    const answers = await send(publisher, [
      nextMessage({ queue: "mine" }),
      nextMessage({ queue: "theirs" }),
      ...[1, 2, 3].map(() => nextMessage({ exchange: "amq.direct", routing_key: "x" })),
    ]);
    const refused = expect.objectContaining({
      message: expect.stringContaining("ACCESS_REFUSED") as string,
      notSent: true,
    }) as unknown;
    expect(answers).toEqual([undefined, refused, refused, refused, refused]);
  });
});
