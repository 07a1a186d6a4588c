import { describe, expect, it } from "vitest";

import { world } from "../../test/world.js";
import type { EntryInput } from "../entry/entry.js";

const hourly: EntryInput = { task: "t", schedule: "1h" };
const NAMES = ["Z", "a", "mail.a", "mail.b", "mail.c", "z", "\uff5e", "\u{1f680}"];

describe("a list of entries", () => {
  it("has all of them in the order of their names, whether it is read at once or in pages", async () => {
    const { client, lead } = world();
    await lead();
    await client.putMany(NAMES.toReversed().map((name) => [name, hourly]));
    await client.runNow("a");
    expect((await client.list()).map(({ name }) => name)).toEqual(NAMES);
    for (const limit of [1, 3, 100]) {
      const seen: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await client.list({ limit, ...(after === undefined ? {} : { after }) });
        seen.push(...page.map(({ name }) => name));
        if (page.length < limit) break;
        after = page.at(-1)!.name;
      }
      expect(seen).toEqual(NAMES);
    }
  });

  it("shows the same of an entry, whether all are asked for or some", async () => {
    const { client, clock, lead } = world();
    await lead({ schedule: { job: { task: "t", schedule: "1m" } } });
    await client.put("mail.a", hourly);
    await clock.advance(61_000);
    expect(await client.list({ prefix: "" })).toEqual(await client.list());
  });

  it("of a prefix has the names that begin with it, also after one of them", async () => {
    const { client } = world();
    await client.putMany(NAMES.map((name) => [name, hourly]));
    const namesOf = async (options: object): Promise<string[]> => (await client.list(options)).map(({ name }) => name);
    expect(await namesOf({ prefix: "mail." })).toEqual(["mail.a", "mail.b", "mail.c"]);
    expect(await namesOf({ prefix: "mail.", limit: 2 })).toEqual(["mail.a", "mail.b"]);
    expect(await namesOf({ prefix: "mail.", after: "mail.b", limit: 2 })).toEqual(["mail.c"]);
    expect(await namesOf({ after: "mail.bb", limit: 1 })).toEqual(["mail.c"]);
    expect(await namesOf({ prefix: "none" })).toEqual([]);
    expect(await namesOf({ limit: 0 })).toEqual([]);
  });

  it("of a tag has the entries that carry it, all of them or page by page", async () => {
    const { client } = world();
    const tagged = (index: number): EntryInput => ({
      ...hourly,
      tags: index % 3 === 0 ? ["reports", "mail"] : ["mail"],
    });
    await client.putMany(Array.from({ length: 700 }, (_, index) => [`job-${1000 + index}`, tagged(index)] as const));
    const reports = await client.list({ tag: "reports" });
    expect(reports.map(({ name }) => name)).toEqual(
      Array.from({ length: 234 }, (_, index) => `job-${1000 + index * 3}`),
    );
    expect(reports[0]!.tags).toEqual(["reports", "mail"]);
    const page = await client.list({ tag: "reports", after: "job-1003", prefix: "job-1", limit: 2 });
    expect(page.map(({ name }) => name)).toEqual(["job-1006", "job-1009"]);
    expect(await client.list({ tag: "report" })).toEqual([]);
  });

  it("fills a page with readable entries, though broken ones and records of beatx stand between", async () => {
    const { client, store } = world();
    await client.putMany(["a", "c"].map((name) => [name, hourly]));
    for (const id of [1, 2, 3]) await client.runNow(id === 1 ? "a" : "c");
    const torn = ["b1", "b2"].map((name) => ({ name, definition: "{", expectedRevision: null }));
    await store.setSchedule(torn);
    expect((await client.list({ limit: 2 })).map(({ name }) => name)).toEqual(["a", "c"]);
  });

  it("is refused with a wrong option, which is named with what is expected", async () => {
    const { client } = world();
    await expect(client.list({ limit: -1 })).rejects.toThrow(/limit is -1: expected a whole number/);
    await expect(client.list({ prefix: 5 as never })).rejects.toThrow(/prefix is 5: expected a text/);
    await expect(client.list({ tag: "" })).rejects.toThrow(/^tag is "": expected a non-empty text of at most 100/);
    await expect(client.list({ pre: "x" } as never)).rejects.toThrow(/unknown field "pre"/);
  });
});
