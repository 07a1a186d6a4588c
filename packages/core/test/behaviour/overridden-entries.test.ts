import { describe, expect, it } from "vitest";

import { decodeDefinition, encodeDefinition, type EntryDefinition } from "../../src/entry/definition.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { notingLogger, storedEntry, world } from "../world.js";

const job = (task: string, schedule = "10s"): EntryInput => ({ task, schedule });

/** A cluster whose leader is replaced by one with another configuration. */
function deployments() {
  const shared = world();
  let stop = (): Promise<void> => Promise.resolve();
  const deploy = async (schedule: Record<string, EntryInput>): Promise<string[]> => {
    await stop();
    await shared.clock.advance(100);
    const lines: string[] = [];
    const beat = await shared.lead({ schedule, store: shared.connect(), logger: notingLogger(lines) });
    stop = () => beat.stop();
    return lines.filter((line) => line.includes("edited through a client"));
  };
  const warnings = async (): Promise<string[]> =>
    (await shared.client.status()).warnings.filter((line) => line.includes("edited through a client"));
  const definitionOf = async (name: string): Promise<EntryDefinition> =>
    decodeDefinition(name, (await storedEntry(shared.connect(), name)).definition!) as EntryDefinition;
  return { ...shared, deploy, warnings, definitionOf };
}

describe("an entry of the configuration that a client edited", () => {
  it("keeps the edit, and is named by each merge and by the status", async () => {
    const { client, deploy, warnings } = deployments();
    expect(await deploy({ a: job("v1"), b: job("v1") })).toEqual([]);
    await client.put("a", job("edited"));
    const first = await deploy({ a: job("v2"), b: job("v2") });
    expect(first).toEqual([
      "1 entry differs from the configuration because it was edited through a client: a " +
        "(client.reset(name) or beatx reset NAME gives one back to the configuration)",
    ]);
    expect(await deploy({ a: job("v2"), b: job("v2") })).toEqual(first);
    expect(await warnings()).toEqual(first);
    expect(await client.get("a")).toMatchObject({
      overridden: true,
      entry: { task: "edited" },
      configured: { task: "v2" },
    });
    expect(await client.get("b")).toMatchObject({ overridden: false, entry: { task: "v2" }, configured: null });
  });

  it("is given back by reset, and then follows the configuration again", async () => {
    const { client, clock, deploy, warnings, sent } = deployments();
    await deploy({ a: job("v1") });
    await client.put("a", job("edited", "1m"));
    await deploy({ a: job("v2", "5s") });
    await clock.advance(3_000);
    expect(await client.reset("a")).toMatchObject({
      overridden: false,
      entry: { task: "v2" },
      configured: null,
      runs: 0,
    });
    await clock.advance(7_000);
    expect(sent()).toEqual(["a@5", "a@10"]);
    expect(await warnings()).toEqual([]);
    expect(await deploy({ a: job("v3", "5s") })).toEqual([]);
    expect(await client.get("a")).toMatchObject({ overridden: false, entry: { task: "v3" } });
  });

  it("is given back by an edit that says the same as the configuration", async () => {
    const { client, deploy } = deployments();
    await deploy({ a: job("v1") });
    await client.put("a", job("edited"));
    await client.put("a", job("edited again"));
    expect(await client.put("a", job("v1"))).toMatchObject({ overridden: false, configured: null });
    await deploy({ a: job("v2") });
    expect(await client.get("a")).toMatchObject({ entry: { task: "v2" } });
  });

  it("owes the same as before when the configuration changes beside it", async () => {
    const { client, clock, deploy, definitionOf } = deployments();
    await deploy({ a: job("v1") });
    await client.put("a", job("edited", "7s"));
    const before = await definitionOf("a");
    await clock.advance(5_000);
    await deploy({ a: job("v2", "1h") });
    const { configured, ...after } = await definitionOf("a");
    expect({ ...after, configured: before.configured }).toEqual(before);
    expect([before.configured, configured]).toMatchObject([{ task: "v1" }, { task: "v2" }]);
  });

  it("is not named if it says the same as the configuration by now", async () => {
    const { client, deploy, warnings } = deployments();
    await deploy({ a: job("v1") });
    await client.put("a", job("v2"));
    expect(await deploy({ a: job("v2") })).toEqual([]);
    expect(await warnings()).toEqual([]);
    expect(await client.get("a")).toMatchObject({ overridden: true, configured: null });
  });

  it("is completed by the next merge if it was edited before configurations were kept", async () => {
    const { client, deploy, connect, definitionOf } = deployments();
    await deploy({ a: job("v1") });
    await client.put("a", job("edited"));
    const { revision: expectedRevision } = await storedEntry(connect(), "a");
    const { configured: _configured, ...old } = await definitionOf("a");
    await connect().setSchedule([{ name: "a", definition: encodeDefinition(old), expectedRevision }]);
    expect(await deploy({ a: job("v1") })).toHaveLength(1);
    expect((await definitionOf("a")).configured).toMatchObject({ task: "v1" });
    expect(await client.reset("a")).toMatchObject({ overridden: false, entry: { task: "v1" } });
  });

  it("is given back by reset even if the edit cannot be read", async () => {
    const { client, clock, deploy, connect, definitionOf, sent } = deployments();
    await deploy({ a: job("v1") });
    await client.put("a", job("edited"));
    const { revision: expectedRevision } = await storedEntry(connect(), "a");
    const damaged = { ...(await definitionOf("a")), entry: { task: "edited", schedule: "nonsense" } };
    await connect().setSchedule([{ name: "a", definition: encodeDefinition(damaged), expectedRevision }]);
    expect((await client.status()).broken).toMatchObject([{ name: "a" }]);
    expect(await client.reset("a")).toMatchObject({ overridden: false, entry: { task: "v1" } });
    await clock.advance(10_000);
    expect(sent()).toEqual(["a@10"]);
  });

  it("keeps the edit when the clock was ahead and all such entries are reset", async () => {
    const { client, clock, deploy } = deployments();
    await deploy({ a: job("v1") });
    await clock.advance(10_000);
    await client.put("a", job("edited"));
    clock.stepWallClock(-3_600_000);
    expect(await client.resetAhead()).toEqual(["a"]);
    expect(await client.get("a")).toMatchObject({ overridden: true, entry: { task: "edited" } });
  });

  it("of a client's own is no matter of the configuration", async () => {
    const { client, deploy } = deployments();
    await client.put("a", job("own"));
    expect(await deploy({ a: job("v1") })).toEqual([]);
    await client.put("a", job("own, edited"));
    expect(await client.get("a")).toMatchObject({ source: "api", overridden: false, configured: null });
    expect(await client.reset("a")).toMatchObject({ source: "api", entry: { task: "own, edited" } });
  });
});
