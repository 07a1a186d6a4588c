import { PublishError } from "@beatx/core";
import type { ChannelModel } from "amqplib";
import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import type { AmqpMessage } from "./message.js";
import { openPublishChannel } from "./publish-channel.js";
import type { Confirmation, Delivery, PublishChannel } from "./publish-channel.js";

const refusal = (code: number, words: string): Error => Object.assign(new Error(words), { code });
const NOT_FOUND = refusal(404, "NOT_FOUND - no exchange 'x'");
const FORBIDDEN = refusal(403, "ACCESS_REFUSED - write access to topic 'a' in exchange 'x' refused");

/** A channel of amqplib whose broker answers when the test says so. */
class FakeChannel extends EventEmitter {
  readonly written: string[] = [];
  #unconfirmed: ((failure: Error | null) => void)[] = [];

  publish(_exchange: string, id: string, _content: Buffer, _options: object, onConfirm: (failure: null) => void): void {
    if (id.startsWith("unwritable")) throw new Error("too long");
    this.written.push(id);
    this.#unconfirmed.push(onConfirm as (failure: Error | null) => void);
  }

  confirm(count: number): Promise<void> {
    for (const onConfirm of this.#unconfirmed.splice(0, count)) onConfirm(null);
    return settle();
  }

  /** Ends as amqplib's channels do: the error, the end, and a failure for each message without a confirmation. */
  fail(error?: Error): Promise<void> {
    if (error) this.emit("error", error);
    this.emit("close");
    for (const onConfirm of this.#unconfirmed.splice(0)) onConfirm(new Error("channel closed"));
    return settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function open(): Promise<{ fake: FakeChannel; channel: PublishChannel }> {
  const fake = new FakeChannel();
  const model = { createConfirmChannel: () => Promise.resolve(fake) } as unknown as ChannelModel;
  return { fake, channel: await openPublishChannel(model, () => undefined) };
}

interface Sent {
  readonly answers: (Confirmation | undefined)[];
  /** Positions that were announced as written. */
  readonly noted: number[];
  readonly end: Promise<unknown>;
}

async function send(channel: PublishChannel, ids: readonly string[], mayGoOn = (): void => undefined): Promise<Sent> {
  const answers: (Confirmation | undefined)[] = ids.map(() => undefined);
  const noted: number[] = [];
  const delivery: Delivery = {
    mayGoOn,
    onWrite: (position) => void noted.push(position),
    onAnswer: (position, answer) => void (answers[position] = answer),
  };
  const messages = ids.map((id): AmqpMessage => {
    const address = { exchange: "x", routingKey: id };
    return { id, address, content: Buffer.alloc(0), queueArguments: null, toProperties: () => ({}) };
  });
  const end = channel.send(messages, delivery).catch((error: unknown) => error);
  await settle();
  return { answers, noted, end };
}

const claims = ({ answers }: Sent): unknown[] => answers.map((answer) => PublishError.isNotSent(answer?.error));

describe("the first message on a channel", () => {
  it("goes alone; the others follow its confirmation, and later batches go at once", async () => {
    const { fake, channel } = await open();
    const first = await send(channel, ["a", "b", "c"]);
    expect([fake.written, first.noted]).toEqual([["a"], [0]]);
    await fake.confirm(1);
    expect([fake.written, first.noted]).toEqual([
      ["a", "b", "c"],
      [0, 1, 2],
    ]);
    await fake.confirm(2);
    await first.end;
    expect(first.answers).toEqual([{}, {}, {}]);
    await send(channel, ["d", "e"]);
    expect(fake.written).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("is waited for by other batches; if it cannot be written, the next one is the first", async () => {
    const { fake, channel } = await open();
    const one = await send(channel, ["unwritable", "a", "b"]);
    const other = await send(channel, ["c", "d"]);
    expect(fake.written).toEqual(["a"]);
    await fake.confirm(1);
    expect(fake.written.toSorted()).toEqual(["a", "b", "c", "d"]);
    expect([claims(one)[0], one.answers[1], other.noted]).toEqual([true, {}, [0, 1]]);
  });

  it.each([NOT_FOUND, FORBIDDEN])("was certainly not sent, nor were the others, after %s", async (error) => {
    const { fake, channel } = await open();
    const sent = await send(channel, ["a", "b", "c"]);
    await fake.fail(error);
    await sent.end;
    expect([fake.written, sent.noted, claims(sent)]).toEqual([["a"], [0], [true, true, true]]);
    expect(sent.answers[2]?.error?.message).toContain(error.message);
  });

  it("may have been sent, unlike the others, when the connection is lost", async () => {
    const { fake, channel } = await open();
    const sent = await send(channel, ["a", "b"]);
    await fake.fail();
    await sent.end;
    expect(claims(sent)).toEqual([false, true]);
  });

  it("is the last one if nothing more may be sent after it", async () => {
    const { fake, channel } = await open();
    const late = new Error("too late");
    let calls = 0;
    const sent = await send(channel, ["a", "b"], () => {
      if ((calls += 1) > 1) throw late;
    });
    await fake.confirm(1);
    expect(await sent.end).toBe(late);
    expect([fake.written, sent.noted]).toEqual([["a"], [0]]);
  });

  it("is all of a batch of one: whether more may be sent does not matter afterwards", async () => {
    const { fake, channel } = await open();
    let calls = 0;
    const sent = await send(channel, ["a"], () => void (calls += 1));
    await fake.confirm(1);
    expect([await sent.end, sent.answers, calls]).toEqual([undefined, [{}], 1]);
  });
});

describe("a refusal while several messages are unconfirmed", () => {
  it.each([NOT_FOUND, FORBIDDEN])("leaves open which of them were sent: %s", async (error) => {
    const { fake, channel } = await open();
    const sent = await send(channel, ["a", "b", "c", "d"]);
    await fake.confirm(1);
    await fake.confirm(1);
    await fake.fail(error);
    await sent.end;
    expect(sent.answers.slice(0, 2)).toEqual([{}, {}]);
    expect(claims(sent)).toEqual([false, false, false, false]);
    expect(sent.answers[3]?.error?.message).toMatch(/may have accepted it/);
  });

  it("is about the last one if all others are confirmed", async () => {
    const { fake, channel } = await open();
    const sent = await send(channel, ["a", "b"]);
    await fake.confirm(1);
    await fake.fail(NOT_FOUND);
    await sent.end;
    expect(claims(sent)).toEqual([false, true]);
  });
});
