import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it, vi } from "vitest";

import { calendar, parseSchedule, type ScheduleType } from "../schedule/index.js";
import { FakeClock } from "../testing/fake-clock.js";
import { locatePackage } from "./locate-package.js";
import { keyOf } from "./resolve-type.js";
import { ScheduleTypes, scheduleTypesIn } from "./schedule-types.js";

vi.mock(import("./locate-package.js"), async (original) => {
  const { locatePackage, ...rest } = await original();
  return { ...rest, locatePackage: vi.fn(locatePackage) };
});

const application = mkdtempSync(join(tmpdir(), "beatx-schedule-types-"));
afterAll(() => rmSync(application, { recursive: true, force: true }));

/** Installs a package into the application's folder. */
function install(name: string, code: string): void {
  const folder = join(application, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  const manifest = { name, type: "module", exports: { ".": { default: "./index.js" } } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "index.js"), code);
}

/** The code of a package whose schedules are never due. */
const codeOf = (type: string): string =>
  `const never = { type: "${type}", next: () => null, toJSON: () => ({ type: "${type}" }), toString: () => "never" };
   export const scheduleType = { type: "${type}", parse: () => never };`;

const typeOf = (type: string): ScheduleType => ({
  type,
  parse: () => ({ type, next: () => 7, toJSON: () => ({ type }), toString: () => "given" }),
});

describe("types of schedule", () => {
  it("are found by their package, @beatx packages first", async () => {
    install("beatx-schedule-lunar", codeOf("lunar"));
    const types = new ScheduleTypes({ from: application });
    const { known } = types;
    await types.load(["lunar", "lunar", "crontab"]);
    expect(known.map(keyOf)).toEqual(["lunar"]);
    expect(parseSchedule({ type: "lunar" }, known).next(0)).toBeNull();

    install("beatx-schedule-tidal", codeOf("other"));
    install("@beatx/schedule-tidal", codeOf("tidal"));
    await types.load(["tidal"]);
    expect(known.map(keyOf)).toEqual(["lunar", "tidal"]);
  });

  it("are found in rules of rules, and so are the calendars of excluded days", async () => {
    const rules = [{ type: "solar" }, { type: "allOf", rules: [{ type: "rrule" }, "1h"] }];
    const except = ["2026-12-24", { calendar: "de-BE" }, { calendar: "nyse:half" }, { calendar: "own" }];
    const entry = { schedule: { type: "anyOf", rules }, except };
    const found = [...scheduleTypesIn([entry], (name) => name === "own")];
    expect(found.sort()).toEqual([
      ...["allOf", "anyOf", "calendar:holidays", "calendar:nyse", "calendar:own", "rrule", "solar"],
    ]);

    install(
      "beatx-calendar-nyse",
      `export const calendarType = { calendar: "nyse", open: () => ({ has: () => true }) };`,
    );
    const types = new ScheduleTypes({ given: [calendar("own", ["12-24"])], from: application });
    await types.load(types.missingIn([{ schedule: "1h", except: except.slice(2) }]));
    expect(types.missingIn([{ schedule: "1h", except: except.slice(2) }])).toEqual([]);
    await expect(types.load(["calendar:../nyse"])).rejects.toThrow('"../nyse" is not a name of a calendar');
    await expect(types.load(["calendar:lunar"])).rejects.toThrow(
      /no package knows the calendar "lunar": looked for .* Pass a/,
    );
    install("beatx-calendar-other", `export const calendarType = { calendar: "nyse", open: () => null };`);
    await expect(types.load(["calendar:other"])).rejects.toThrow(
      'does not know the calendar "other" (its name is "nyse")',
    );
  });

  it("are looked up once, and not at all if they are built in or passed", async () => {
    const given = typeOf("given");
    const types = new ScheduleTypes({ given: [given], from: application });
    await types.load(["given", "crontab", "interval", "clocked"]);
    expect(types.known).toEqual([given]);
    install("beatx-schedule-once", codeOf("once"));
    await Promise.all([types.load(["once"]), types.load(["once"])]);
    expect(types.known.map(keyOf)).toEqual(["given", "once"]);
  });

  it("that are missing are reported with the package to install, while the others are still found", async () => {
    install("beatx-schedule-there", codeOf("there"));
    const types = new ScheduleTypes({ from: application });
    const loading = types.load(["gone", "there"]);
    await expect(loading).rejects.toMatchObject({ code: "UNKNOWN_SCHEME" });
    await expect(loading).rejects.toThrow(
      /"gone": looked for @beatx\/schedule-gone, beatx-schedule-gone from .*The known types are .*solar, rrule/,
    );
    expect(types.has("there")).toBe(true);
    install("beatx-schedule-gone", codeOf("gone"));
    await types.load(["gone"]);
    expect(types.has("gone")).toBe(true);
  });

  it.each([
    ["wood", "export const other = 1;", /beatx-schedule-wood .*it exports no `scheduleType`/],
    ["iron", codeOf("steel"), /does not know the schedule type "iron" \(its type is "steel"\)/],
    ["clay", 'throw new Error("cracked");', /beatx-schedule-clay cannot be loaded from .*cracked/],
  ])("are refused if the package of %s is wrong, with the reason", async (type, code, message) => {
    install(`beatx-schedule-${type}`, code);
    await expect(new ScheduleTypes({ from: application }).load([type])).rejects.toThrow(message);
  });

  it.each(["../evil", "a/b", "Solar", "", "x".repeat(65)])(
    "are never looked up for %j, which may come from the store",
    async (type) => {
      const loading = new ScheduleTypes({ from: application }).load([type]);
      await expect(loading).rejects.toThrow(/is not a type of schedule/);
    },
  );

  it("are found in entries as users write them and as they are stored", () => {
    const solar = { ...typeOf("solar").parse({ type: "solar" }) };
    const entries = [
      { task: "a", schedule: "30s" },
      { task: "b", schedule: { type: "rrule", text: "…" } },
      { task: "c", schedule: solar },
      { task: "d", schedule: { type: 5 } },
      { task: "e" },
      null,
    ];
    expect(scheduleTypesIn(entries)).toEqual(new Set(["rrule", "solar"]));
  });
});

describe("a missing type of schedule", () => {
  /** The packages that were looked up since the last call. */
  function lookedUp(): string[] {
    const names = vi.mocked(locatePackage).mock.calls.map(([name]) => name);
    vi.mocked(locatePackage).mockClear();
    return names;
  }

  it("is looked up at most once a minute for stored entries, and found once it is installed", async () => {
    const clock = new FakeClock();
    const types = new ScheduleTypes({ from: application, clock });
    expect(types.reasonMissing("late")).toBeUndefined();
    lookedUp();
    await Promise.all([types.loadMissing(["late", "late"]), types.loadMissing(["late"])]);
    expect(lookedUp()).toEqual(["@beatx/schedule-late", "beatx-schedule-late"]);
    expect(types.reasonMissing("late")).toMatch(
      /no package knows the schedule type "late": .*pass a type in `scheduleTypes`/,
    );
    install("beatx-schedule-late", codeOf("late"));
    await clock.advance(59_999);
    await types.loadMissing(["late"]);
    expect(lookedUp()).toEqual([]);
    await clock.advance(1);
    await types.loadMissing(["late"]);
    expect(types.has("late")).toBe(true);
    expect(types.reasonMissing("late")).toBeUndefined();
  });

  it("is looked up at once for a new entry", async () => {
    const types = new ScheduleTypes({ from: application, clock: new FakeClock() });
    await types.loadMissing(["soon"]);
    install("beatx-schedule-soon", codeOf("soon"));
    await types.load(["soon"]);
    expect(types.has("soon")).toBe(true);
  });
});
