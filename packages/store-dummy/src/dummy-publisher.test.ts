import type { Message } from "@beatx/core";
import { isLease, PublishError } from "@beatx/core/adapter";
import { afterEach, describe, expect, it } from "vitest";
import { resetDummy } from "./dummy-backend.js";
import { dummyPublisher } from "./dummy-publisher.js";
import { dummyStore } from "./dummy-store.js";

const message: Message = {
  id: "0b6c1f5e-0000-5000-8000-000000000001",
  entry: "ping",
  task: "ops.ping",
  args: [1, "zwei"],
  kwargs: { deep: { list: [null, true] } },
  options: { queue: "mail" },
  scheduledAt: 1_700_000_000_000,
  requested: false,
  expiresAt: null,
  fence: 7,
  coalesced: 0,
  namespace: "beatx",
  templateKey: {},
};
const { templateKey: _, ...queued } = message;

afterEach(() => resetDummy());

describe("the dummy publisher", () => {
  it("puts messages on its queue in their order", async () => {
    const publisher = dummyPublisher();
    const second = { ...message, id: "second" };
    const { signal } = new AbortController();
    expect(await publisher.publish([message, second], { signal })).toEqual([undefined, undefined]);
    expect(publisher.messages()).toEqual([queued, { ...queued, id: "second" }]);
  });

  it("sends nothing once the signal is aborted", async () => {
    const publisher = dummyPublisher();
    const [answer] = await publisher.publish([message], { signal: AbortSignal.abort() });
    expect(answer).toBeInstanceOf(PublishError);
    expect(publisher.messages()).toEqual([]);
  });

  it("does not send to a broken queue, and says why", async () => {
    const publisher = dummyPublisher({ name: "shop", queue: "mail" });
    dummyStore({ name: "shop" }).breakQueue("mail");
    const [answer] = await publisher.publish([message], { signal: new AbortController().signal });
    expect(answer?.message).toMatch(/"ping".*"mail"/);
  });

  it("leaves a mark that only a store on the same backend finds", async () => {
    const mark = await dummyPublisher({ name: "shop" }).outbox.leaveMark();
    expect(await dummyStore({ name: "shop" }).reachesOutbox(mark)).toBe(true);
    expect(await dummyStore({ name: "other" }).reachesOutbox(mark)).toBe(false);
    expect(await dummyStore({ name: "shop", capabilities: { outbox: false } }).reachesOutbox(mark)).toBe(false);
  });

  it("sends through a store's move exactly once, however often the move is repeated", async () => {
    const publisher = dummyPublisher({ name: "shop" });
    const store = dummyStore({ name: "shop" });
    const [created] = await store.setSchedule([{ name: "ping", definition: "{}", expectedRevision: null }]);
    const lease = await store.acquireLock({ token: "a", ttlMs: 60_000, label: "a" });
    if (!isLease(lease) || created?.status !== "done") throw new Error("no lease or no entry");
    const outbox = publisher.outbox.writesFor(message);
    const move = { name: "ping", from: null, to: "1", definitionRevision: created.revision, dueAt: 0, outbox };
    store.failNext("advance", { after: true });
    await expect(store.advance(lease, [move])).rejects.toThrow();
    expect(await store.advance(lease, [move])).toEqual([{ status: "moved", cursor: "1" }]);
    expect(publisher.messages()).toEqual([queued]);
  });
});
