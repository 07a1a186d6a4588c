import { describe, expect, it } from "vitest";

import { epochMs, iso } from "../../vectors/read-vectors.js";
import { zoneOffsets } from "./zone-offsets.js";

const MINUTE = 60_000;
const offsetAt = (timezone: string, instant: string): number =>
  zoneOffsets(timezone).segmentAt(epochMs(instant)).offsetMs / MINUTE;

describe("ZoneOffsets", () => {
  it.each([
    ["UTC", "2030-01-01T00:00:00Z", 0],
    ["Europe/Berlin", "2027-03-28T00:59:59Z", 60],
    ["Europe/Berlin", "2027-03-28T01:00:00Z", 120],
    ["America/St_Johns", "2030-01-01T00:00:00Z", -210],
    ["Asia/Kathmandu", "2030-01-01T00:00:00Z", 345],
    ["Europe/Amsterdam", "1700-01-01T00:00:00Z", 19 + 32 / 60], // local mean time, here in effect for all of the past
  ])("knows the offset of %s at %s: %d minutes", (timezone, instant, minutes) => {
    const offset = offsetAt(timezone, instant);
    if (timezone === "Europe/Amsterdam") expect(Math.abs(offset - minutes)).toBeLessThan(3);
    else expect(offset).toBe(minutes);
  });

  it("finds changes that undo each other within a week, the closest there are since 1970", () => {
    const recife = (day: string): number => offsetAt("America/Recife", `${day}T12:00:00Z`);
    expect(["2000-10-07", "2000-10-08", "2000-10-14", "2000-10-15"].map(recife)).toEqual([-180, -120, -120, -180]);
  });

  it("tiles time: each segment ends where the next one begins, over sixty years", () => {
    for (const timezone of ["Europe/Berlin", "Africa/Casablanca", "Asia/Gaza", "Pacific/Apia", "UTC"]) {
      const zone = zoneOffsets(timezone);
      let segment = zone.segmentAt(epochMs("1990-01-01T00:00:00Z"));
      while (segment.until < epochMs("2050-01-01T00:00:00Z")) {
        const following = zone.segmentAt(segment.until);
        expect(following.from, `${timezone} ${iso(segment.until)}`).toBe(segment.until);
        expect(zone.segmentAt(segment.until - 1)).toEqual(segment);
        segment = following;
      }
    }
  });

  it("knows which wall-clock times come for the second time", () => {
    const zone = zoneOffsets("Europe/Berlin");
    const winter = zone.segmentAt(epochMs("2027-10-31T01:00:00Z"));
    expect(iso(winter.from)).toBe("2027-10-31T01:00:00Z");
    expect(iso(winter.repeatedUntil)).toBe("2027-10-31T03:00:00Z"); // as shown by the clocks
    const summer = zone.segmentAt(epochMs("2027-03-28T01:00:00Z"));
    expect(summer.repeatedUntil).toBe(summer.from + summer.offsetMs);
  });

  it("finds the first instant of a wall-clock time: after a gap, and in the first of two passes", () => {
    const zone = zoneOffsets("Europe/Berlin");
    expect(iso(zone.firstInstantAt(epochMs("2027-03-28T02:30:00Z")))).toBe("2027-03-28T01:00:00Z");
    expect(iso(zone.firstInstantAt(epochMs("2027-10-31T02:30:00Z")))).toBe("2027-10-31T00:30:00Z");
    expect(iso(zone.firstInstantAt(epochMs("2027-07-01T00:00:00Z")))).toBe("2027-06-30T22:00:00Z");
  });

  it("is one object per zone", () => {
    expect(zoneOffsets("Asia/Tokyo")).toBe(zoneOffsets("Asia/Tokyo"));
  });
});
