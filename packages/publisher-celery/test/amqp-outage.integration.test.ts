import { waitFor } from "@beatx/test-servers";
import { describe, expect, it } from "vitest";
import { failureOf, nextMessage, send, setUpRabbit, whenSent } from "./amqp-fixture.js";
import { onChannel } from "./rabbit-queue.js";

const fixture = setUpRabbit();

describe("while RabbitMQ is away", () => {
  it("rejects at once when no broker listens, and works as soon as one does", async () => {
    await fixture.rabbit.kill();
    const publisher = fixture.openPublisher({ publishTimeoutMs: 60_000 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await failureOf(send(publisher, [nextMessage()]));
      expect(error).toMatchObject({ message: expect.stringMatching(/ECONNREFUSED.*check/) as string, notSent: true });
    }
    await fixture.rabbit.restart();
    const message = nextMessage({ queue: "recovered" });
    await whenSent(publisher, message);
    expect(await fixture.idsIn("recovered")).toEqual([message.id]);
  });

  it("loses no confirmed message when it is killed again and again, and repeats only with equal ids", async () => {
    const publisher = fixture.openPublisher();
    await whenSent(publisher, nextMessage({ queue: "many" }));
    // A broker that is killed may forget a queue that was declared a moment ago. It keeps what it had when it was stopped.
    await fixture.rabbit.ctl("stop_app");
    await fixture.rabbit.ctl("start_app");
    expect(await fixture.idsIn("many")).toHaveLength(1);
    const messages = Array.from({ length: 10_000 }, () => nextMessage({ queue: "many" }));
    const confirmed = new Set<string>();
    const doubtful = new Set<string>();
    const outage = (async () => {
      for (let kill = 0; kill < 3; kill += 1) {
        await waitFor("a batch under way", () => confirmed.size >= kill * 2_500 + 700);
        await fixture.rabbit.restart();
      }
    })();
    for (let start = 0; start < messages.length; start += 500) {
      let waiting = messages.slice(start, start + 500);
      while (waiting.length > 0) {
        const batch = waiting;
        const answers = await send(publisher, batch).catch((error: Error) => batch.map(() => error));
        for (const [index, { id }] of batch.entries()) (answers[index] ? doubtful : confirmed).add(id);
        waiting = batch.filter((_, index) => answers[index] !== undefined);
        if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await outage;
    await waitFor("the broker", () => onChannel(fixture.rabbit.uri, () => Promise.resolve(true)));
    const found = await fixture.idsIn("many");
    const distinct = new Set(found);
    expect(messages.filter(({ id }) => !distinct.has(id)).map(({ entry }) => entry)).toEqual([]);
    expect(distinct.size).toBe(messages.length);
    const seen = new Set<string>();
    const repeated = found.filter((id) => seen.size === seen.add(id).size);
    expect(repeated.filter((id) => !doubtful.has(id))).toEqual([]);
    expect(doubtful.size).toBeGreaterThan(0);
  });

  it("answers at the deadline when it hangs, and sends no part of that batch later", async () => {
    const publisher = fixture.openPublisher({ publishTimeoutMs: 1_500 });
    await whenSent(publisher, nextMessage({ queue: "late" }));
    fixture.rabbit.pause();
    // More than the buffers of two sockets hold.
    const args = ["x".repeat(1_000_000)];
    const messages = Array.from({ length: 40 }, () => ({ ...nextMessage({ queue: "late" }), args }));
    const error = await failureOf(send(publisher, messages));
    expect(error).toMatchObject({ message: expect.stringContaining("1500 ms") as string, notSent: false });
    fixture.rabbit.resume();
    await whenSent(publisher, nextMessage());
    const late = await waitFor("the queue", () =>
      onChannel(fixture.rabbit.uri, (channel) => channel.assertQueue("late")),
    );
    expect(late.messageCount).toBeLessThan(messages.length);
  });

  it("says why if the broker takes no messages because its memory is full", async () => {
    await fixture.rabbit.ctl("set_vm_memory_high_watermark", "0.00001");
    try {
      const publisher = fixture.openPublisher({ publishTimeoutMs: 3_000 });
      const reason =
        /127\.0\.0\.1:\d+\/\/? did not confirm a message .*has taken no messages since \d{4}-.*: low on memory\); free memory .*$/;
      const reasonOf = async (): Promise<boolean> =>
        reason.test((await failureOf(send(publisher, [nextMessage()]))).message);
      expect(await waitFor("the alarm", reasonOf)).toBe(true);
    } finally {
      await fixture.rabbit.ctl("set_vm_memory_high_watermark", "0.4");
    }
    const message = nextMessage({ queue: "alarm" });
    await whenSent(fixture.openPublisher(), message);
    expect(await fixture.idsIn("alarm")).toEqual([message.id]);
  });

  it("stops waiting for a broker that hangs as soon as the send is called off", async () => {
    const publisher = fixture.openPublisher({ publishTimeoutMs: 600_000 });
    await send(publisher, [nextMessage()]);
    fixture.rabbit.pause();
    const controller = new AbortController();
    const failure = failureOf(send(publisher, [nextMessage()], controller.signal));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    const { message } = await failure;
    expect(message).toMatch(/^the Celery broker at amqp:.*127\.0\.0\.1:\d+.* did not confirm a message within \d+ ms/);
    expect(message).not.toContain("guest:guest");
  });

  it("sends nothing for a signal that was aborted before", async () => {
    const publisher = fixture.openPublisher();
    await send(publisher, [nextMessage({ queue: "aborted" })]);
    const failure = failureOf(send(publisher, [nextMessage({ queue: "aborted" })], AbortSignal.abort()));
    expect(await failure).toMatchObject({ code: "PUBLISH", notSent: true });
    await whenSent(publisher, nextMessage({ queue: "aborted" }));
    expect(await fixture.idsIn("aborted")).toHaveLength(2);
  });

  it("closes although the broker hangs", async () => {
    const publisher = fixture.openPublisher();
    await whenSent(publisher, nextMessage());
    fixture.rabbit.pause();
    await publisher.close();
    expect(await failureOf(send(publisher, [nextMessage()]))).toMatchObject({ code: "CLOSED" });
  });
});
