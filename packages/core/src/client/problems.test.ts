import { describe, expect, it } from "vitest";

import { everySecond, range, START, world } from "../../test/world.js";
import type { Client } from "./client.js";
import { createClient } from "./store-client.js";
import type { StatusProblem } from "./problems.js";

async function problemsOf(client: Client): Promise<readonly StatusProblem[]> {
  return (await client.status()).problems;
}

describe("the problems of a status", () => {
  it("are none while a node leads and sends", async () => {
    const { client, clock, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect(await problemsOf(client)).toEqual([]);
  });

  it("name that no node leads, and nothing that follows from it", async () => {
    const { client, clock, lead } = world();
    const beat = await lead({ schedule: { job: everySecond } });
    await beat.stop();
    await clock.advance(600_000);
    const problems = await problemsOf(client);
    expect(problems).toMatchObject([{ kind: "no-leader", since: null }]);
    expect(problems[0]!.message).toBe(
      "no node leads, so nothing is sent: if none runs, start one (beatx start, or createBeat in your application); " +
        "a node that runs may have to wait for about the lifetime of a lease (15 s), until no other can hold one: " +
        "its log says why it does not lead",
    );
  });

  it("name the lifetime of a lease by the nodes' own setting, as far as one is stored", async () => {
    const { client, lead } = world();
    expect((await problemsOf(client))[0]!.message).toContain("the lifetime of a lease (15 s by default)");
    const beat = await lead({ schedule: { job: everySecond }, lockTtlMs: 45_000 });
    await beat.stop();
    expect((await problemsOf(client))[0]!.message).toContain("the lifetime of a lease (45 s)");
  });

  it("count broken entries together and list their names", async () => {
    const { client, lead, store, clock } = world();
    await lead({ schedule: { job: everySecond } });
    const torn = range(1, 7).map((n) => `torn ${n}`);
    await store.setSchedule(torn.map((name) => ({ name, definition: "{", expectedRevision: null })));
    await clock.advance(1_000);
    const [problem, ...others] = await problemsOf(client);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ kind: "broken-entry", since: null, entries: torn });
    expect(problem!.message).toMatch(/^7 stored entries are broken .*\(torn 1, .*torn 5, …\): .*client\.put/);
  });

  it("name entries that a leader has not sent for longer than a take-over lasts, but no paused one", async () => {
    const { client, clock, store, connect, lead } = world();
    await lead({ store, schedule: { job: { task: "t", schedule: "1h" }, rest: { task: "t", schedule: "1h" } } });
    await client.pause("rest");
    const leading = await connect().readLock();
    // The lock stands, and nothing is sent: a leader that hangs.
    store.delay("advance", 1e9);
    store.delay("renewLock", 1e9);
    await clock.advance(3_600_000 + 30_000);
    const hung = connect();
    const other = createClient({ store: { ...hung, readLock: () => Promise.resolve(leading) }, clock });
    expect(await problemsOf(other)).toEqual([]);
    await clock.advance(60_000);
    const [problem] = await problemsOf(other);
    expect(problem).toMatchObject({ kind: "overdue", since: START + 3_600_000, entries: ["job"] });
    expect(problem!.message).toMatch(/^"job" is overdue since 2030-01-01T01:00:00\.000Z .*log of the leader, [^,]*$/);
    expect((await other.runNow("job")).problems).toMatchObject([{ kind: "overdue" }]);
    expect((await other.runNow("rest")).problems).toEqual([]);
    await clock.advance(120_000);
    // The runs that wait show that the leader sends nothing.
    expect((await other.runNow("rest")).problems).toMatchObject([{ kind: "overdue" }]);
    const { getTime: _none, ...withoutClock } = hung;
    const third = createClient({ store: { ...withoutClock, readLock: () => Promise.resolve(leading) }, clock });
    expect((await problemsOf(third))[0]!.message).toMatch(/compare the clocks of the machines: this store has none$/);
  });
});
