import type { Clock } from "@beatx/core";
import { PublishError } from "@beatx/core";
import type { RedisConnection } from "@beatx/shared-redis";
import { Redis } from "ioredis";
import { beforeEach, describe, expect, it } from "vitest";
import { stoppedClock } from "../../test/sample-message.js";
import { KOMBU_NAMING } from "./bindings.js";
import { createUnreadQueues } from "./unread-queues.js";
import type { UnreadQueues } from "./unread-queues.js";

const MINUTE_MS = 60_000;

let nowMs: number;
let lists: Record<string, readonly string[]>;
let refusal: Error | undefined;
let scripts: number;
let unread: UnreadQueues;

beforeEach(() => {
  [nowMs, lists, refusal, scripts] = [0, {}, undefined, 0];
  const clock: Clock = { ...stoppedClock(0), monotonicMs: () => nowMs };
  const client = new Redis({ lazyConnect: true, host: "broker", port: 6379 });
  const runScript = async (_what: string, _script: unknown, keys: readonly string[]): Promise<unknown> => {
    scripts += 1;
    if (refusal) throw refusal;
    return keys.flatMap((key) => [lists[key]?.length ?? 0, lists[key]?.at(-1) ?? ""]);
  };
  unread = createUnreadQueues({ client, runScript } as unknown as RedisConnection, KOMBU_NAMING, clock);
});

const check = (): Promise<readonly string[]> => unread.check(new AbortController().signal);

async function checkAfter(minutes: number): Promise<readonly string[]> {
  nowMs += minutes * MINUTE_MS;
  return check();
}

describe("a list that this publisher wrote", () => {
  it("is named with length, time and options if its oldest message has not moved for five minutes", async () => {
    unread.noteWrite("mail\x06\x163");
    lists = { "mail\x06\x163": ["first"] };
    expect([await check(), await checkAfter(4)]).toEqual([[], []]);
    lists = { "mail\x06\x163": ["second", "first"] };
    const [warning, ...others] = await checkAfter(2);
    expect(others).toEqual([]);
    expect(warning).toMatch(
      /^2 messages wait in the list "mail\\u0006\\u00163" .*redis:\/\/broker:6379.* for 6 minutes: /,
    );
    expect(warning).toContain("start a worker of this queue");
    expect(warning).toContain('(sep "\\u0006\\u0016", priority_steps [0,3,6,9], global_keyprefix "")');
  });

  it("is not named while a worker takes messages, however long it is", async () => {
    unread.noteWrite("mail");
    for (let round = 0; round < 5; round += 1) {
      lists = { mail: [`${round + 2}`, `${round + 1}`, `${round}`] };
      expect(await checkAfter(4)).toEqual([]);
    }
  });

  it("starts afresh when it was empty in between", async () => {
    unread.noteWrite("mail");
    lists = { mail: ["same"] };
    await check();
    lists = {};
    await checkAfter(3);
    lists = { mail: ["same"] };
    expect([await checkAfter(3), await checkAfter(4)]).toEqual([[], []]);
    expect(await checkAfter(1)).toHaveLength(1);
  });

  it("is named again at each look until a worker takes a message", async () => {
    unread.noteWrite("mail");
    lists = { mail: ["first"] };
    await check();
    expect([await checkAfter(5), await checkAfter(1)]).toEqual([
      [expect.stringContaining("for 5 minutes")],
      [expect.stringContaining("for 6 minutes")],
    ]);
    lists = { mail: [] };
    expect(await checkAfter(1)).toEqual([]);
  });
});

describe("a look", () => {
  it("asks nothing before the first message", async () => {
    expect(await check()).toEqual([]);
    expect(scripts).toBe(0);
  });

  it("takes many lists in few scripts, and no more than a thousand", async () => {
    for (let number = 0; number < 2_000; number += 1) unread.noteWrite(`queue-${number}`);
    await check();
    expect(scripts).toBe(10);
  });

  it("warns of nothing if the user may not look, and fails if the broker does not answer", async () => {
    unread.noteWrite("mail");
    refusal = new PublishError("NOPERM no permissions to access a key");
    expect(await check()).toEqual([]);
    refusal = new PublishError("no answer");
    await expect(check()).rejects.toThrow("no answer");
  });
});
