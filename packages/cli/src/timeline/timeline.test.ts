import { type EntryInput, planSchedule } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readRange } from "../simulation/simulated-range.js";
import { simulateEntries } from "../simulation/simulation.js";
import { drawTimeline } from "./timeline.js";

interface Drawing {
  readonly from: string;
  readonly to: string;
  readonly outage?: readonly string[];
  readonly columns?: number;
  readonly zone?: string;
  readonly limit?: number;
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

function draw(schedule: Readonly<Record<string, EntryInput>>, options: Drawing): string[] {
  const { columns = 80, zone = "UTC", limit = 0, terminal = false, env = {}, ...flags } = options;
  const range = readRange(flags, 0, zone);
  const simulation = simulateEntries(
    planSchedule({ schedule, timezone: zone }, undefined, range.from - 1).entries,
    range,
  );
  const stdout = { write: () => undefined, columns, isTTY: terminal };
  return drawTimeline(simulation, limit, { stdout, env }).split("\n");
}

const entry = (schedule: string, fields: Partial<EntryInput> = {}): EntryInput => ({ task: "a", schedule, ...fields });
const DAY = { from: "2027-03-27", to: "2027-03-28" };
const SPRING = { from: "2027-03-28", to: "2027-03-29", zone: "Europe/Berlin" };
const AUTUMN = { from: "2027-10-31", to: "2027-11-01", zone: "Europe/Berlin" };

describe("a timeline", () => {
  it("has a row per entry, a ruler of hours, and marks for one, some and many sends", () => {
    const schedule = { once: entry("0 9 * * *"), hourly: entry("0 */2 * * *"), some: entry("10m"), ping: entry("30s") };
    expect(draw(schedule, DAY)).toEqual([
      "        2027-03-27",
      "        00:00   04:00   08:00   12:00   16:00   20:00",
      "        +-------+-------+-------+-------+-------+-------",
      "once    ..................*.............................",
      "hourly  *...*...*...*...*...*...*...*...*...*...*...*...",
      "some    333333333333333333333333333333333333333333333333",
      "ping    ################################################",
      "",
      "a column is 30 min  * sent (2-9: count)  # 10 or more",
      "",
    ]);
  });

  it("uses the available width, and never more", () => {
    const schedule = { once: entry("0 9 * * *"), "a name that is too long to be shown in full": entry("1m") };
    for (const columns of [30, 40, 80, 100, 120, 200]) {
      const outage = ["+2h..+3h"];
      const ranges = [DAY, SPRING, { ...DAY, to: "+10m" }, { ...DAY, to: "+7d" }, { ...DAY, to: "2027-05-01" }];
      for (const range of ranges) {
        for (const line of draw(schedule, { ...range, outage, columns }))
          expect(line.length).toBeLessThanOrEqual(columns);
      }
    }
    expect(draw(schedule, { ...DAY, columns: 132 }).at(-2)).toMatch(/^a column is 15 min/);
    expect(draw(schedule, { ...DAY, columns: 80 })[4]).toMatch(/^a name that is too ~ {2}#{48}$/);
  });

  it("shades outages, and shows skipped instants at their own time and catch-ups when they happen", () => {
    const outage = ["+3h30m..+8h20m"];
    const schedule = { latest: entry("@hourly"), skip: entry("@hourly", { missed: "skip" }), all: entry("@hourly", { missed: "all" }), none: entry("0 23 * * *") }; // prettier-ignore
    expect(draw(schedule, { ...DAY, to: "+12h", outage, columns: 40 })).toEqual([
      "        2027-03-27",
      "        00:00   04:00   08:00",
      "        +-------+-------+-------",
      "latest  *.*.*.*:x:x:x:x:+.*.*.*.",
      "skip    *.*.*.*:x:x:x:x:x.*.*.*.",
      "all     *.*.*.*:::::::::+.*.*.*.",
      "none    .......::::::::::.......",
      "",
      "a column is 30 min  * sent (2-9: count)",
      "+ caught up  x skipped  : outage",
      "",
    ]);
  });

  it("marks the moment when the clocks are put forward, and goes on with the hours of the clock", () => {
    expect(draw({ night: entry("30 2 * * *") }, SPRING).slice(0, 6)).toEqual([
      "       2027-03-28",
      "       00:00 04:00   08:00   12:00   16:00   20:00",
      "       +---v-+-------+-------+-------+-------+-------",
      "night  ....*.........................................",
      "",
      "a column is 30 min  * sent (2-9: count)",
    ]);
    expect(draw({ noon: entry("0 12 * * *") }, SPRING)[3]).toBe("noon  ....|.................*.......................");
  });

  it("shows an hour that comes twice", () => {
    const [, hours, axis, row] = draw({ every: entry("*/30 2 * * *") }, AUTUMN);
    expect(hours).toBe("       00:00     04:00   08:00   12:00   16:00   20:00");
    expect(axis).toBe("       +-----v---+-------+-------+-------+-------+-------");
    expect(row).toBe("every  ....****..........................................");
  });

  it("begins with a full cell of the wall clock, even in zones with half hours", () => {
    const zone = "Asia/Kolkata";
    const [, hours] = draw({ a: entry("@daily") }, { from: "2027-03-27T01:13:20Z", to: "+24h", zone });
    expect(hours).toBe("      08:00   12:00   16:00   20:00   00:00   04:00");
    expect(draw({ a: entry("@daily") }, { from: "2027-03-27T01:13:20Z", to: "+24h", zone })[3]).toMatch(
      /^a {2}\.{35}\*\./,
    );
  });

  it.each([
    ["+10m", "a column is 10 s", "   00:00       00:02       00:04       00:06       00:08"],
    ["+7d", "a column is 3 h", "   03-27   03-28   03-29   03-30   03-31   04-01   04-02"],
    ["2027-09-01", "a column is 3 d", "     2027-04   2027-05   2027-06   2027-07    2027-08"],
    ["2031-01-01", "a column is 21 d", "                 2028-01          2029-01           2030-01"],
    ["2300-01-01", "a column is 1294 d", "          2052-01       2101-08"],
  ])("from one day on to %s has a scale that people count in", (to, scale, labels) => {
    const lines = draw({ a: entry("@monthly") }, { ...DAY, to });
    expect(lines.at(-2)).toContain(scale);
    expect(
      lines.find((line) => line.startsWith(labels)),
      lines.join("\n"),
    ).toBeDefined();
  });

  it("draws entries that do not run, and at most as many as the limit", () => {
    const lines = draw({ off: entry("1m", { enabled: false }), a: entry("1m"), b: entry("1m") }, { ...DAY, limit: 1 });
    expect(lines[3]).toMatch(/^off {2}\.{48}$/);
    expect(lines[4]).toBe("and 2 more entries: --limit 3 shows all");
  });

  it("is colored on a terminal, and plain ASCII for NO_COLOR and dumb terminals", () => {
    const schedule = { once: entry("0 9 * * *") };
    const colored = draw(schedule, { ...DAY, terminal: true });
    expect(colored[3]).toBe(
      `once  \u001b[2m${"·".repeat(18)}\u001b[0m\u001b[32m●\u001b[0m\u001b[2m${"·".repeat(29)}\u001b[0m`,
    );
    const plain = draw(schedule, DAY);
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) expect(draw(schedule, { ...DAY, terminal: true, env })).toEqual(plain); // prettier-ignore
    expect(plain.join("")).toMatch(/^[\x20-\x7e]*$/);
  });

  it("escapes control characters in a name", () => {
    expect(draw({ "a\u001b[2J": entry("@daily") }, { ...DAY, terminal: true })[3]).toMatch(/^a\\u001b\[2J {2}/);
  });
});
