import { beforeEach, describe, expect, it } from "vitest";

import { FakeClock } from "../testing/fake-clock.js";
import { DeliveryHealth } from "./delivery-health.js";

const job = { name: "job", entry: "job", version: {} };
const run = { name: "@beatx/run/1", entry: "job", version: {} };

describe("the health of a publisher", () => {
  let clock: FakeClock;
  let health: DeliveryHealth;
  const publisher = () => health.report(1).publisher;

  beforeEach(() => {
    clock = new FakeClock();
    health = new DeliveryHealth("p", clock);
  });

  it("is unknown at first", () => {
    expect(publisher()).toEqual({ name: "p", state: "unknown", since: null, message: null });
  });

  it("works since the first message or check that says so", () => {
    health.checkPassed([], 1);
    health.settled("job", true, 2);
    expect(publisher()).toMatchObject({ state: "works", since: 1 });
  });

  it("does not become known by an entry of which nothing was sent", () => {
    health.settled("job", false, 1);
    expect(publisher()).toMatchObject({ state: "unknown" });
  });

  it("keeps failing when the policy of an entry skips what could not be sent", () => {
    health.sendFailed(job, new Error("down"), 1);
    health.settled("job", false, 2);
    expect(publisher()).toMatchObject({ state: "failing", since: 1 });
  });

  it("works anew after a failed check, as soon as a message gets through", () => {
    health.checkPassed([], 1);
    health.checkFailed(new Error("down"), 2);
    expect(publisher()).toMatchObject({ state: "failing", since: 2, message: "down" });
    health.settled("job", true, 3);
    expect(publisher()).toMatchObject({ state: "works", since: 3, message: null });
  });

  it("works anew after a failed message, and not since a check that passed meanwhile", () => {
    health.settled("job", true, 1);
    health.sendFailed(job, new Error("full"), 2);
    health.checkPassed([], 3);
    expect(publisher()).toMatchObject({ state: "failing", since: 2, message: "full" });
    health.settled("job", true, 4);
    expect(publisher()).toMatchObject({ state: "works", since: 4 });
  });

  it("fails since the first failure, for the reason of the last; numbers do not count", () => {
    health.sendFailed(job, new Error("down for 1 s"), 1);
    health.sendFailed(job, new Error("down for 2 s"), 2);
    expect(publisher()).toMatchObject({ since: 1, message: "down for 1 s" });
    health.sendFailed(job, new Error("full"), 3);
    expect(publisher()).toMatchObject({ since: 1, message: "full" });
  });

  it("takes up no failed check within ten seconds of a message, and does after them", async () => {
    health.settled("job", true, 1);
    await clock.advance(9_999);
    expect(health.checkFailed(new Error("down"), 2)).toBe(false);
    await clock.advance(1);
    expect(health.checkFailed(new Error("down"), 3)).toBe(true);
    expect(publisher()).toMatchObject({ state: "failing", since: 3 });
  });

  it("keeps failing while one of the entries is left that could not be sent", () => {
    const other = { ...job, name: "other", entry: "other" };
    health.sendFailed(job, new Error("down"), 1);
    health.sendFailed(other, new Error("down"), 1);
    health.forgetUnless((name) => name === "other");
    expect(publisher()).toMatchObject({ state: "failing" });
    health.forgetUnless(() => false);
    expect(publisher()).toMatchObject({ state: "unknown" });
  });
});

describe("the entries that fail", () => {
  it("fail since their first failure; an entry and its requested run count as one", () => {
    const health = new DeliveryHealth("p", new FakeClock());
    health.entryFailed(job, new Error("no queue"), 1.5);
    health.entryFailed(run, new Error("no queue for the run"), 2);
    health.entryFailed(job, new Error("no queue"), 3);
    expect(health.report(1)).toMatchObject({
      failing: [{ entry: "job", message: "no queue", since: 1 }],
      failingCount: 1,
    });
    health.settled("job", true, 4);
    expect(health.report(1).failing).toEqual([{ entry: "job", message: "no queue for the run", since: 2 }]);
  });
});
