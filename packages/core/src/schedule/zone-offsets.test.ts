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
  ])("knows the offset of %s at %s: %d minutes", (timezone, instant, minutes) => {
    expect(offsetAt(timezone, instant)).toBe(minutes);
  });

  it("uses the local mean time of 1800 for all of the past", () => {
    expect(offsetAt("America/New_York", "1850-01-01T00:00:00Z")).toBeCloseTo(-(4 * 60 + 56), 0); // 75 degrees west
    expect(zoneOffsets("America/New_York").segmentAt(-8.64e15).offsetMs / MINUTE).toBeCloseTo(-(4 * 60 + 56), 0);
  });

  it("finds changes that undo each other within a week, the closest ones since 1970", () => {
    const recife = (day: string): number => offsetAt("America/Recife", `${day}T12:00:00Z`);
    expect(["2000-10-07", "2000-10-08", "2000-10-14", "2000-10-15"].map(recife)).toEqual([-180, -120, -120, -180]);
  });

  it("covers sixty years without gaps: each segment ends where the next one begins", () => {
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

  it("knows which wall-clock times are repeated", () => {
    const zone = zoneOffsets("Europe/Berlin");
    const winter = zone.segmentAt(epochMs("2027-10-31T01:00:00Z"));
    expect(iso(winter.from)).toBe("2027-10-31T01:00:00Z");
    expect(iso(winter.repeatedUntil)).toBe("2027-10-31T03:00:00Z"); // as shown by the clocks
    const summer = zone.segmentAt(epochMs("2027-03-28T01:00:00Z"));
    expect(summer.repeatedUntil).toBe(summer.from + summer.offsetMs);
  });

  it("finds the first instant of a wall-clock time: after a gap, and the first of two", () => {
    const zone = zoneOffsets("Europe/Berlin");
    expect(iso(zone.firstInstantAt(epochMs("2027-03-28T02:30:00Z")))).toBe("2027-03-28T01:00:00Z");
    expect(iso(zone.firstInstantAt(epochMs("2027-10-31T02:30:00Z")))).toBe("2027-10-31T00:30:00Z");
    expect(iso(zone.firstInstantAt(epochMs("2027-07-01T00:00:00Z")))).toBe("2027-06-30T22:00:00Z");
  });

  it("is one object per zone", () => {
    expect(zoneOffsets("Asia/Tokyo")).toBe(zoneOffsets("Asia/Tokyo"));
  });
});
