import { createBeat } from "@beatx/core";
import { FakeClock, silentLogger } from "@beatx/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { dummyPublisher, dummyStore, resetDummy } from "./index.js";

// The examples of README.md, copied verbatim.
describe("the examples of the README", () => {
  afterEach(() => resetDummy());

  it("sends the daily report at seven in Berlin", async () => {
    const clock = new FakeClock("2030-06-03T04:00:00Z");
    const publisher = dummyPublisher({ name: "test", clock });
    const beat = createBeat({
      store: dummyStore({ name: "test", clock }),
      publisher,
      clock,
      logger: silentLogger,
      timezone: "Europe/Berlin",
      schedule: { daily: { task: "reports.send", schedule: "0 7 * * mon-fri", args: ["daily"] } },
    });
    await beat.start();
    await clock.advanceTo("2030-06-03T06:00:00Z");
    await beat.stop();

    const seven = Date.parse("2030-06-03T05:00:00Z");
    expect(publisher.messages()).toMatchObject([{ task: "reports.send", args: ["daily"], scheduledAt: seven }]);
  });

  it("sends every ping once although the leader loses its lease", async () => {
    const clock = new FakeClock("2030-06-03T04:00:00Z");
    const publisher = dummyPublisher({ name: "test", clock });
    const store = dummyStore({ name: "test", clock });
    const schedule = { ping: { task: "ops.ping", schedule: "10s", missed: "all" as const } };
    const nodes = [1, 2].map(() => createBeat({ store, publisher, clock, logger: silentLogger, schedule }));
    let terms = 0;
    for (const node of nodes) node.on("leader", () => (terms += 1));
    for (const node of nodes) await node.start();

    await clock.advance(62_000);
    store.failNext("advance", { after: true }); // the next ping is sent, but the reply is lost
    await clock.advance(10_000);
    store.expireLock(); // the leader has lost its lease, and does not know it yet
    await clock.advance(50_000);
    await Promise.all(nodes.map((node) => node.stop()));

    expect(terms).toBe(2);
    const sent = publisher.messages().map(({ scheduledAt }) => scheduledAt - Date.parse("2030-06-03T04:00:00Z"));
    expect(sent).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120].map((seconds) => seconds * 1000));
  });
});
