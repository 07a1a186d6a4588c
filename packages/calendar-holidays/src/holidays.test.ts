import { describe, expect, it } from "vitest";

import { calendarType, holidays } from "./index.js";

/** The holidays of a year. */
function listed(code: string, year: number): string[] {
  const calendar = holidays(code);
  const found: string[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (calendar.has(day)) found.push(day.slice(5));
  }
  return found;
}

describe("holidays", () => {
  /** As the states have published them for 2026. */
  const NATIONWIDE = ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"];
  it.each([
    ["de", []],
    ["de-BE", ["03-08"]],
    ["DE-BW", ["01-06", "06-04", "11-01"]],
    ["DE-BB", ["04-05", "05-24", "10-31"]],
    ["DE-HH", ["10-31"]],
    ["DE-MV", ["03-08", "10-31"]],
    ["DE-NW", ["06-04", "11-01"]],
    ["DE-SN", ["10-31", "11-18"]],
    ["DE-SL", ["06-04", "08-15", "11-01"]],
    ["DE-TH", ["09-20", "10-31"]],
    ["de-by-a", ["01-06", "06-04", "08-08", "08-15", "11-01"]],
  ])("of %s in 2026 are those of the whole country and %j", (code, own) => {
    expect(listed(code, 2026)).toEqual([...NATIONWIDE, ...own].sort());
  });

  it("of the United States have their substitutes, also over the end of a year", () => {
    // Independence Day is a Saturday in 2026; federal offices close on the Friday.
    expect(listed("US", 2026)).toEqual([
      ...["01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11", "11-26", "12-25"],
    ]);
    expect(holidays("US").has("2027-12-31")).toBe(true);
    expect(holidays("US").has("2028-01-01")).toBe(true);
    expect(holidays("US").has("2028-01-03")).toBe(false);
  });

  it.each([
    ["GB-ENG", 2026, ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]],
    ["FR", 2027, ["01-01", "03-29", "05-01", "05-06", "05-08", "05-17", "07-14", "08-15", "11-01", "11-11", "12-25"]],
    ["JP", 2026, ["01-01", "01-12", "02-11", "02-23", "03-20", "04-29", "05-03", "05-04", "05-05", "05-06"]],
  ])("of %s in %i begin with those that are published", (code, year, days) => {
    expect(listed(code, year)).toEqual(expect.arrayContaining(days));
  });

  it("of several days, and from sunset, are the days of their own calendar", () => {
    // Ramazan Bayramı and Kurban Bayramı, after an afternoon each, which is no whole day.
    const turkey = listed("TR", 2026);
    expect(turkey).toEqual(expect.arrayContaining(["03-20", "03-21", "03-22", "05-27", "05-28", "05-29", "05-30"]));
    expect(turkey).not.toContain("03-19");
    expect(turkey).not.toContain("03-23");
    expect(turkey).not.toContain("05-26");
    // Rosh Hashana 5787: the two days after the evening of 11 September.
    expect(listed("IL", 2026)).toEqual(expect.arrayContaining(["09-12", "09-13"]));
    expect(listed("IL", 2026)).not.toContain("09-11");
  });

  it("are whole days: half ones do not count", () => {
    expect(listed("IS", 2026)).toEqual(expect.arrayContaining(["12-25", "12-26"]));
    expect(listed("IS", 2026)).not.toContain("12-24");
  });

  it("are the public ones, and kinds that are named", () => {
    expect(holidays("US").has("2026-06-21")).toBe(false);
    expect(holidays("US+observance").has("2026-06-21")).toBe(true);
    expect(holidays("us+Optional+observance").has("2026-12-24")).toBe(true);
    expect(holidays("US+observance").has("2026-12-25")).toBe(true);
  });

  it("do not depend on the machine's zone", () => {
    const before = process.env["TZ"];
    try {
      process.env["TZ"] = "Pacific/Kiritimati";
      expect(holidays("US").has("2026-11-26")).toBe(true);
      process.env["TZ"] = "Pacific/Pago_Pago";
      expect(holidays("US").has("2026-11-27")).toBe(false);
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
  });

  it.each([
    ["", '"" is no country'],
    ["XX", '"XX" is no country; the nearest codes are '],
    ["germany", '"germany" is no country; the nearest codes are DE (Germany)'],
    ["de-XX", '"XX" is no part of DE; the nearest codes are DE-BB (Brandenburg), DE-BE (Berlin)'],
    ["DE-BY-X", '"X" is no part of DE-BY; the nearest codes are DE-BY-A (Stadt Augsburg)'],
    ["DE-BE-X", '"X" is no part of DE-BE; write DE-BE alone'],
    ["DE+half", '"half" is no kind of holidays: after "+" write one of bank, optional, school, observance'],
  ])("are refused for %j", (code, message) => {
    expect(() => holidays(code)).toThrow(message);
  });

  it("are what a calendar without a name means", () => {
    expect(calendarType.calendar).toBe("holidays");
    expect(calendarType.open("nz-can-timaru").has("2026-02-06")).toBe(true);
  });
});
