import { createClient } from "@beatx/core";
import { dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";
import { every, NAMESPACE, nameOf, rareRule } from "./sample.js";
import { fillStore, storedTexts } from "./stored-texts.js";

describe("a store that was filled past any client", () => {
  it("has the entries that clients would have written, each with its own arguments, and cursors of entries that ran", async () => {
    const store = dummyStore({ namespace: NAMESPACE });
    await fillStore(store, 60, await storedTexts(rareRule));
    const client = createClient({ store, namespace: NAMESPACE });
    const entries = await client.list();
    expect(entries).toHaveLength(60);
    const entry = (await client.get(nameOf(57)))!;
    expect(entry).toMatchObject({ entry: { task: "reports.refresh", args: [57, "2024-01-01"] }, runs: 1 });
    expect(entries.filter(({ nextRunAt }) => nextRunAt === null)).toEqual([]);
    await client.close();
  });

  it("has the rules that it was given", async () => {
    const { definition } = await storedTexts((index) => every(1_000 + index));
    expect([definition(3), definition(53)].map((text) => /"everyMs":(\d+)/.exec(text)![1])).toEqual(["1003", "1003"]);
  });
});
