import { describe, expect, it } from "vitest";
import { findClockChanges } from "./clock-changes.js";

const at = (text: string): number => Date.parse(text);
const changesOf = (zone: string, from: string, to: string): string[] =>
  findClockChanges({ from: at(from), to: at(to) }, zone).map((change) => {
    return `${new Date(change.at).toISOString()} ${change.before} ${change.after}`;
  });

describe("the changes of the clocks", () => {
  it("are found to the millisecond", () => {
    expect(changesOf("Europe/Berlin", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z")).toEqual([
      "2027-03-28T01:00:00.000Z +01:00 +02:00",
      "2027-10-31T01:00:00.000Z +02:00 +01:00",
    ]);
    expect(changesOf("Australia/Lord_Howe", "2027-04-01T00:00:00Z", "2027-05-01T00:00:00Z")).toEqual([
      "2027-04-03T15:00:00.000Z +11:00 +10:30",
    ]);
  });

  it("belong to a range that begins with one, not to one that ends with it", () => {
    const change = "2027-03-28T01:00:00Z";
    expect(changesOf("Europe/Berlin", change, "2027-03-29T00:00:00Z")).toHaveLength(1);
    expect(changesOf("Europe/Berlin", "2027-03-27T00:00:00Z", change)).toEqual([]);
  });

  it("are none in UTC", () => {
    expect(changesOf("UTC", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z")).toEqual([]);
  });
});
