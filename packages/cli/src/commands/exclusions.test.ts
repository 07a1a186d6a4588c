import { join } from "node:path";
import { FakeClock } from "@beatx/core/testing";
import { describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn } from "../../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const clock = new FakeClock("2090-12-21T12:00:00Z");
const inStore = (...args: string[]): Promise<Ended> => folder.run([...args, "--store", stored.uri], { clock });
/** The calendars are found from here. */
const from = join(import.meta.dirname, "../../../calendar-holidays/src/index.ts");

const invoices = {
  task: "invoices.send",
  schedule: "0 9 * * mon-fri",
  except: ["2090-12-25/2090-12-26", "sat", "sun"],
  onExcluded: "next-day",
};

async function nextDays(...args: string[]): Promise<string[]> {
  const { stdout } = await inStore("next", "invoices", "--json", ...args);
  return JSON.parse(stdout).next.map(({ scheduledAt }: { scheduledAt: string }) => scheduledAt.slice(5, 16));
}

describe("days without runs on the command line", () => {
  it("are the same in next, simulate and its timeline, for a configured and a stored entry", async () => {
    await folder.configure({ timezone: "Europe/Berlin", schedule: { invoices } });
    const days = ["12-22T08:00", "12-27T08:00", "12-28T08:00", "12-29T08:00"];
    const range = ["--from", "2090-12-22", "--to", "2090-12-30"];
    const configured = JSON.parse((await folder.run(["simulate", ...range, "--json"], { clock })).stdout);
    expect(configured.runs.map(({ scheduledAt }: { scheduledAt: string }) => scheduledAt.slice(5, 16))).toEqual(days);
    const timeline = (await folder.run(["simulate", ...range, "--timeline"], { clock, columns: 60 })).stdout;
    const row = timeline.split("\n").find((line) => line.startsWith("invoices"))!;
    expect(row.slice("invoices".length).match(/[●*o]/g)).toHaveLength(4);

    const flags = ["--except", "2090-12-25/2090-12-26", "--except", "sat", "--except", "sun"];
    const rule = [
      "--task",
      "t",
      "--schedule",
      "TZ=Europe/Berlin 0 9 * * mon-fri",
      "--on-excluded",
      "next-day",
      "--start-at",
      "2090-12-21T12:00:00Z",
    ];
    await folder.configure({});
    expect((await inStore("add", "invoices", ...rule, ...flags)).stdout).toContain(
      "0 9 * * mon-fri (Europe/Berlin), except 2090-12-25/2090-12-26, sat, sun, moved to the next day; next run:",
    );
    expect(await nextDays()).toEqual(expect.arrayContaining(days));
    const plan = JSON.parse((await inStore("simulate", ...range, "--json")).stdout);
    expect(plan.runs).toHaveLength(4);
  });

  it("are shown apart from the rule, kept by an edit of it, and unset with what becomes of their runs", async () => {
    await stored.client.put("invoices", {
      ...invoices,
      schedule: "1h",
      onExcluded: "skip",
      exceptTimezone: "Asia/Tokyo",
    });
    const shown = (await inStore("show", "invoices")).stdout;
    expect(shown).toMatch(/^except +\["2090-12-25\/2090-12-26","sat","sun"\]$/m);
    expect(shown).toMatch(/^exceptTimezone +Asia\/Tokyo$/m);
    await inStore("edit", "invoices", "--schedule", "2h", "--on-excluded", "previous-day");
    const { entry } = JSON.parse((await inStore("show", "invoices", "--json")).stdout);
    expect(entry).toMatchObject({ except: invoices.except, onExcluded: "previous-day", exceptTimezone: "Asia/Tokyo" });
    await inStore("edit", "invoices", "--unset", "except");
    const after = JSON.parse((await inStore("show", "invoices", "--json")).stdout);
    expect(Object.keys(after.entry)).toEqual(["task", "schedule"]);
    expect((await inStore("list")).stdout).toContain("every 2h");
  });

  it("may come from a calendar, whose package is looked for", async () => {
    const add = [
      "add",
      "invoices",
      "--task",
      "t",
      "--schedule",
      "0 9 * * *",
      "--start-at",
      "2090-12-22T12:00:00Z",
      "--except",
    ];
    const refused = await inStore(...add, "calendar:nyse:half");
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toMatch(
      /no package knows the calendar "nyse": looked for @beatx\/calendar-nyse, beatx-calendar-nyse/,
    );
    await folder.configure({ from });
    const unknown = await inStore(...add, "calendar:de-XX");
    expect(unknown.stderr).toContain('except[0].calendar: no holidays are known for "de-XX"');
    expect((await inStore(...add, "calendar:de-BE")).exitCode).toBe(0);
    expect(await nextDays("-n", "5")).toEqual([
      "12-23T09:00",
      "12-24T09:00",
      "12-27T09:00",
      "12-28T09:00",
      "12-29T09:00",
    ]);
    const range = ["--from", "2090-12-24", "--to", "2090-12-29", "--json"];
    const { runs } = JSON.parse((await inStore("simulate", ...range)).stdout);
    expect(runs.map(({ scheduledAt }: { scheduledAt: string }) => scheduledAt.slice(5, 16))).toEqual([
      "12-24T09:00",
      "12-27T09:00",
      "12-28T09:00",
    ]);
  });

  it.each([
    [["--except", "24.12."], '--except? invoices.except[0] is "24.12."'],
    [["--except", "sun", "--on-excluded", "move"], "Allowed choices are skip, next-day, previous-day"],
    [["--on-excluded", "next-day"], "no day is excluded"],
  ])("are refused: %j", async (flags, message) => {
    const { exitCode, stderr } = await inStore("add", "invoices", "--task", "t", "--schedule", "1h", ...flags);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message.replace("--except? ", ""));
  });
});
