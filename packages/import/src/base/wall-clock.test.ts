import { expect, it } from "vitest";

import { momentOfWallClock } from "./wall-clock.js";

it.each([
  ["2027-07-01T12:00:00Z", "Europe/Berlin", "2027-07-01T10:00:00Z"],
  ["2027-01-01T12:00:00Z", "America/New_York", "2027-01-01T17:00:00Z"],
  ["2027-01-01T12:00:00Z", "UTC", "2027-01-01T12:00:00Z"],
  ["2027-10-31T02:30:00Z", "Europe/Berlin", "2027-10-31T01:30:00Z"], // shown twice: the later one
  ["2027-03-28T02:30:00Z", "Europe/Berlin", "2027-03-28T01:30:00Z"], // never shown
  ["2027-04-04T01:45:00Z", "Australia/Lord_Howe", "2027-04-03T15:15:00Z"], // shown twice, by half an hour
])("the clocks show %s in %s at %s", (shown, timezone, moment) => {
  expect(new Date(momentOfWallClock(Date.parse(shown), timezone)).toISOString()).toBe(new Date(moment).toISOString());
});
