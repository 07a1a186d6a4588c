import { describe, expect, it } from "vitest";

import { world } from "../../test/world.js";
import type { BeatOptions } from "../node/options.js";

describe("the configuration of a new leader", () => {
  const job = (task: string): NonNullable<BeatOptions["schedule"]> => ({ job: { task, schedule: "1m" } });

  it("updates its entries, ends those that are gone, and leaves the others alone", async () => {
    const { client, clock, lead } = world();
    const first = await lead({ schedule: { ...job("old"), gone: { task: "t", schedule: "1m" } } });
    await client.put("dynamic", { task: "t", schedule: "1m" });
    void first.stop();
    await clock.advance(100);
    await lead({ schedule: job("new") });
    expect((await client.list()).map(({ name, entry }) => `${name} ${JSON.stringify(entry["task"])}`)).toEqual([
      'dynamic "t"',
      'job "new"',
    ]);
  });

  it("leaves an entry alone that was edited through a client", async () => {
    const { client, clock, lead } = world();
    const first = await lead({ schedule: job("old") });
    await client.put("job", { task: "edited", schedule: "2m" });
    void first.stop();
    await clock.advance(100);
    await lead({ schedule: job("new") });
    expect(await client.get("job")).toMatchObject({ entry: { task: "edited" }, overridden: true });
  });

  it("is not merged when a newer version is stored, whichever node leads", async () => {
    const { client, clock, lead } = world();
    const newer = await lead({ schedule: job("v2"), configVersion: 2 });
    void newer.stop();
    await clock.advance(100);
    const older = await lead({ schedule: job("v1"), configVersion: 1 });
    expect(await client.get("job")).toMatchObject({ entry: { task: "v2" } });
    void older.stop();
    await clock.advance(100);
    await lead({ schedule: job("v3"), configVersion: 3 });
    expect(await client.get("job")).toMatchObject({ entry: { task: "v3" } });
  });

  it("heals an entry that cannot be read; the others run meanwhile", async () => {
    const { client, clock, store, sent, lead } = world();
    await store.setSchedule([{ name: "job", definition: "{broken", expectedRevision: null }]);
    await store.setSchedule([{ name: "strange", definition: '{"format":99}', expectedRevision: null }]);
    const beat = await lead({ schedule: job("t") });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(61_000);
    expect(sent()).toEqual(["job@60"]);
    expect((await client.status()).broken).toMatchObject([{ name: "strange" }]);
    expect(errors).toEqual([]);
  });
});
