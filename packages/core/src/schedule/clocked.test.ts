import { describe, expect, it } from "vitest";

import { ConfigError } from "../base/errors.js";
import { clocked } from "./clocked.js";

const at = Date.UTC(2030, 0, 31, 9);

describe("clocked", () => {
  it.each([at, new Date(at), "2030-01-31T09:00:00Z", "2030-01-31T10:00+01:00", "2030-01-31T09:00:00.000000+0000"])(
    "is due once, at %j",
    (given) => {
      const schedule = clocked(given);
      expect(schedule.next(at - 1)).toBe(at);
      expect(schedule.next(at)).toBeNull();
      expect(schedule.next(at + 1)).toBeNull();
      expect(schedule.toJSON()).toEqual({ type: "clocked", at: "2030-01-31T09:00:00.000Z" });
    },
  );

  it("refuses text without an offset, which could mean a different instant on each machine", () => {
    expect(() => clocked("2030-01-31T09:00:00")).toThrow(/has no offset from UTC: write it with one/);
  });

  it.each(["tomorrow", "2030-01-31", "2030-02-30T09:00:00Z", "2030-13-01T00:00:00Z", "", 1.5, Number.NaN, 1e16, null])(
    "refuses %j",
    (given) => {
      expect(() => clocked(given as string)).toThrow(ConfigError);
    },
  );

  it("refuses an invalid Date", () => {
    expect(() => clocked(new Date("nonsense"))).toThrow(/^at an invalid Date is not an instant/);
  });
});
