import type { JsonObject } from "@beatx/core";
import type { Channel } from "amqplib";
import { describe, expect, it } from "vitest";
import { createQueueDeclarer } from "./queues.js";
import type { AmqpSession } from "./session.js";

interface Broker {
  readonly session: AmqpSession;
  /** What it was asked, in order. */
  readonly asked: string[];
}

/** A broker that answers its requests in turn: a code is a refusal, `undefined` an agreement. */
function brokerThat(...answers: readonly (number | undefined)[]): Broker {
  const asked: string[] = [];
  const rest = [...answers];
  const request = async (what: string): Promise<void> => {
    asked.push(what);
    const code = rest.shift();
    if (code !== undefined) throw Object.assign(new Error(`refused with ${code}`), { code });
  };
  const channel = {
    checkQueue: (queue: string) => request(`look for ${queue}`),
    assertQueue: (queue: string, { arguments: args }: { arguments: object }) =>
      request(`declare ${queue} ${JSON.stringify(args)}`),
  };
  const session = { declareChannel: () => Promise.resolve(channel as unknown as Channel) };
  return { session: session as unknown as AmqpSession, asked };
}

const mayGoOn = (): void => undefined;
const target = { label: "amqp://h//" };
const always = { createMissingQueues: true, queueArguments: {}, target };
const wanted = (given: JsonObject | null = null) => new Map([["mail", given]]);

describe("a queue", () => {
  it("is looked for once", async () => {
    const { session, asked } = brokerThat();
    const declarer = createQueueDeclarer(always);
    for (let message = 0; message < 2; message += 1) {
      expect(await declarer.declare(session, wanted(), mayGoOn)).toEqual(new Map());
    }
    expect(asked).toEqual(["look for mail"]);
  });

  it("is looked for again after a message has found it missing", async () => {
    const { session, asked } = brokerThat(undefined, 404);
    const declarer = createQueueDeclarer(always);
    await declarer.declare(session, wanted(), mayGoOn);
    expect(declarer.explainMissing("mail", null).message).toContain("the next attempt declares it again");
    await declarer.declare(session, wanted(), mayGoOn);
    expect(asked).toEqual(["look for mail", "look for mail", "declare mail {}"]);
  });

  it("is used if a worker declares another kind of it between the look and the declaration", async () => {
    const { session, asked } = brokerThat(404, 406, undefined);
    expect(await createQueueDeclarer(always).declare(session, wanted(), mayGoOn)).toEqual(new Map());
    expect(asked).toEqual(["look for mail", "declare mail {}", "look for mail"]);
  });

  it("counts as there if the broker does not tell: the message shows it", async () => {
    const { session, asked } = brokerThat(405);
    expect(await createQueueDeclarer(always).declare(session, wanted(), mayGoOn)).toEqual(new Map());
    expect(asked).toEqual(["look for mail"]);
  });

  it("is an error if the broker refuses its arguments", async () => {
    const { session } = brokerThat(404, 406, 404);
    const refused = await createQueueDeclarer(always).declare(session, wanted(), mayGoOn);
    expect(refused.get("mail")?.message).toMatch(
      /"mail" cannot be declared .*amqp:\/\/h\/\/ \(refused with 406\): check/,
    );
  });

  it.each<[createMissingQueues: boolean | undefined, given: JsonObject | null, declared: string[]]>([
    [undefined, null, []],
    [undefined, { "x-a": true }, ['declare mail {"x-b":"b","x-a":true}']],
    [true, { "x-b": null }, ["declare mail {}"]],
    [false, { "x-a": true }, []],
  ])("with createMissingQueues %s and the entry's arguments %j is declared so: %j", async (create, given, declared) => {
    const { session, asked } = brokerThat(404);
    const declarer = createQueueDeclarer({ createMissingQueues: create, queueArguments: { "x-b": "b" }, target });
    await declarer.declare(session, wanted(given), mayGoOn);
    expect(asked.filter((request) => request.startsWith("declare"))).toEqual(declared);
  });

  it("is not asked for when it is too late, and a lost connection is no refusal", async () => {
    const { session, asked } = brokerThat();
    const late = (): never => {
      throw new Error("too late");
    };
    await expect(createQueueDeclarer(always).declare(session, wanted(), late)).rejects.toThrow("too late");
    expect(asked).toEqual([]);
    const lost = { declareChannel: () => Promise.reject(new Error("lost")) } as unknown as AmqpSession;
    await expect(createQueueDeclarer(always).declare(lost, wanted(), mayGoOn)).rejects.toThrow("lost");
  });
});
