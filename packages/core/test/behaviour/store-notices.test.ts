import { describe, expect, it } from "vitest";

import { StoreError } from "../../src/base/errors.js";
import { everySecond, notingLogger, world } from "../world.js";

describe("damage that a store has found", () => {
  it.each(["works", "fails"])("is logged once, at the end of a tick that %s", async (how) => {
    const { clock, store, run } = world();
    const notices = ["a key was damaged", "a key was damaged", "another one"];
    const takeNotices = (): readonly string[] => notices.splice(0, 2);
    const getRevision = (): Promise<string> =>
      how === "works" ? store.getRevision() : Promise.reject(new StoreError("away"));
    const lines: string[] = [];
    await run({
      store: { ...store, takeNotices, getRevision },
      logger: notingLogger(lines),
      schedule: { ping: everySecond },
    });
    await clock.advance(3_000);
    expect(lines.filter((line) => line.includes("damaged") || line === "another one")).toEqual([
      "a key was damaged",
      "another one",
    ]);
  });

  it.each<[string, () => readonly string[], RegExp]>([
    [
      "throws",
      () => {
        throw new Error("no disk");
      },
      /^the dummy store could not report damage: no disk$/,
    ],
    ["answers anything", () => Promise.resolve() as never, /^the dummy store could not report damage: .* a Promise$/],
  ])("does not end the beat if the store %s when it is asked", async (_, takeNotices, line) => {
    const { clock, store, run, sent } = world();
    const lines: string[] = [];
    await run({ store: { ...store, takeNotices }, logger: notingLogger(lines), schedule: { ping: everySecond } });
    await clock.advance(5_500);
    expect(sent()).toHaveLength(5);
    expect(lines.filter((each) => line.test(each))).toHaveLength(1);
  });
});
