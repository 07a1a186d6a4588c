import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readMoment } from "./moment.js";

const NOW = Date.parse("2027-03-27T12:00:00Z");
const BASE = Date.parse("2027-01-01T00:00:00Z");

const read = (text: string, zone = "Europe/Berlin"): string =>
  new Date(readMoment("--from", text, { now: NOW, base: BASE, zone })).toISOString().replace(".000Z", "Z");

describe("a moment of the command line", () => {
  it.each([
    ["now", "2027-03-27T12:00:00Z"],
    ["+6h", "2027-01-01T06:00:00Z"],
    ["+1d12h30m", "2027-01-02T12:30:00Z"],
    ["-90s", "2026-12-31T23:58:30Z"],
    ["2027-03-28T09:00:00+02:00", "2027-03-28T07:00:00Z"],
    ["2027-03-28T09:00Z", "2027-03-28T09:00:00Z"],
  ])("%s is read", (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it.each([
    ["Europe/Berlin", "2027-03-28", "2027-03-27T23:00:00Z"],
    ["Europe/Berlin", "2027-07-01", "2027-06-30T22:00:00Z"],
    ["UTC", "2028-02-29", "2028-02-29T00:00:00Z"],
    ["Pacific/Kiritimati", "2027-01-01", "2026-12-31T10:00:00Z"],
    ["Pacific/Pago_Pago", "2027-01-01", "2027-01-01T11:00:00Z"],
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"], // midnight was skipped: the day began at 1:00
    ["America/Havana", "2027-11-07", "2027-11-07T04:00:00Z"], // midnight comes twice: the day begins with the first
  ])("a date is the start of that day in %s: %s", (zone, text, instant) => {
    expect(read(text, zone)).toBe(instant);
  });

  it.each([
    "",
    "soon",
    "6h",
    "+",
    "+6 h",
    "+999999999999d",
    "2027-02-29",
    "0027-01-01",
    "2027-01-01T09:00:00",
    "2027-1-1",
  ])("%j is refused with the flag, the value and the expected forms", (text) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(`--from ${JSON.stringify(text)} is not a moment: expected now, +6h, `);
  });
});
