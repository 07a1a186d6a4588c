import { readFileSync } from "node:fs";

import { parseSchedule, type Schedule, type ScheduleJson } from "@beatx/core";
import { describe, expect, it } from "vitest";

import { scheduleType, solar, type SolarEvent, solarType } from "./index.js";

interface SolarRow {
  id: string;
  place: string;
  event: SolarEvent;
  lat: number;
  lon: number;
  last_run_at: string;
  due: string[];
  tolerance_s: number[];
  polar?: boolean;
}
interface InvalidRow {
  event: SolarEvent;
  lat: number;
  lon: number;
}

const DAY_MS = 86_400_000;
/** Near the end of a polar pause, the length of a day changes by up to this: grazing events are not exactly 24 h apart. */
const GRAZING_SHIFT_MS = 2 * 3_600_000;
const EVENTS: readonly SolarEvent[] = [
  "dawn_astronomical",
  "dawn_nautical",
  "dawn_civil",
  "sunrise",
  "solar_noon",
  "sunset",
  "dusk_civil",
  "dusk_nautical",
  "dusk_astronomical",
];

function readVectors<Row>(name: string): Row[] {
  const text = readFileSync(new URL(`../vectors/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

const iso = (instant: number): string => new Date(instant).toISOString();

describe("solar", () => {
  it.each(readVectors<SolarRow>("solar"))("$id: $event in $place after $last_run_at", (row) => {
    const schedule = solar(row.event, row.lat, row.lon);
    let after = Date.parse(row.last_run_at);
    row.due.forEach((due, index) => {
      const instant = schedule.next(after)!;
      // The first occurrence after a polar pause grazes the horizon, so its day is uncertain.
      const isGrazing = row.polar === true && index === 0;
      const toleranceMs = isGrazing ? DAY_MS + GRAZING_SHIFT_MS : row.tolerance_s[index]! * 1_000;
      expect(Math.abs(instant - Date.parse(due)), `${iso(instant)} for ${due}`).toBeLessThanOrEqual(toleranceMs);
      after = Math.max(instant, Date.parse(due)) + 60_000;
    });
  });

  it.each(readVectors<InvalidRow>("solar_invalid"))("refuses $event at $lat, $lon", ({ event, lat, lon }) => {
    expect(() => solar(event, lat, lon)).toThrow(
      /must be (one of dawn_astronomical, .*|a number of degrees from -\d+)/,
    );
    expect(() => solarType.parse({ type: "solar", event, latitude: lat, longitude: lon })).toThrow(/must be/);
  });

  it("comes in the order of the day: dawn, sunrise, noon, sunset, dusk", () => {
    const midnight = Date.parse("2027-03-20T23:00:00Z");
    const instants = EVENTS.map((event) => solar(event, 52.52, 13.405).next(midnight)!);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(instants.at(-1)! - midnight).toBeLessThan(DAY_MS);
  });

  it("answers whole seconds, strictly later, and the same between two instants (R12)", () => {
    const places = [0, 52.52, -33.9, 66.56, -69.65, 78.22, 89.9, -90];
    for (const [index, latitude] of places.entries()) {
      for (const event of EVENTS) {
        const longitude = -180 + index * 51;
        const forwards = solar(event, latitude, longitude);
        const asked = solar(event, latitude, longitude);
        let after = Date.parse("2028-01-01T00:00:00Z");
        for (let step = 0; step < (Math.abs(latitude) > 89 ? 2 : 10); step += 1) {
          const next = forwards.next(after)!;
          const hint = `${event} at ${latitude}, ${longitude} after ${iso(after)}`;
          expect(next, hint).toBeGreaterThan(after);
          expect(next % 1_000, hint).toBe(0);
          for (const part of [0.999, 0.5, 0.001]) {
            expect(asked.next(after + Math.floor((next - after) * part)), hint).toBe(next);
          }
          expect(asked.next(next - 1), hint).toBe(next);
          after = next;
        }
      }
    }
  });

  const inYear = (schedule: Schedule, year: number): number[] => {
    const instants: number[] = [];
    const end = Date.UTC(year + 1, 0, 1);
    for (let at = schedule.next(Date.UTC(year, 0, 1)); at !== null && at < end; at = schedule.next(at))
      instants.push(at);
    return instants;
  };

  it("waits for the first real occurrence after the polar night and the midnight sun", () => {
    const longyearbyen = (event: SolarEvent): Schedule => solar(event, 78.2232, 15.6267);
    const pauses = (instants: readonly number[]): number[] =>
      instants
        .slice(1)
        .flatMap((at, index) => (at - instants[index]! > 2 * DAY_MS ? [(at - instants[index]!) / DAY_MS] : []));
    const sunrises = inYear(longyearbyen("sunrise"), 2027);
    expect(pauses(sunrises).map(Math.round)).toEqual([129]);
    expect(iso(sunrises[0]!)).toMatch(/^2027-02-16T10:21:/);
    expect(iso(sunrises.at(-1)!)).toMatch(/^2027-10-2[5-8]T/);
    expect(inYear(longyearbyen("solar_noon"), 2027)).toHaveLength(365);
  });

  it("rises once a year at the poles, about the equinox", () => {
    expect(inYear(solar("sunrise", 90, 0), 2027).map((at) => iso(at).slice(0, 7))).toEqual(["2027-03"]);
    expect(inYear(solar("sunset", 90, 0), 2027).map((at) => iso(at).slice(0, 7))).toEqual(["2027-09"]);
    expect(inYear(solar("sunrise", -90, 77), 2027).map((at) => iso(at).slice(0, 7))).toEqual(["2027-09"]);
  });

  it("happens every day of the year at the equator", () => {
    for (const event of EVENTS) expect(inYear(solar(event, 0, -179.9), 2028).length, event).toBe(366);
  });

  it("begins with the year 1600 and ends with the range of beatx", () => {
    const schedule = solar("sunset", 52.52, 13.405);
    expect(schedule.next(Date.UTC(5138, 10, 16))).toBeNull();
    expect(() => schedule.next(Number.NaN)).toThrow(/^after is NaN/);
    expect(schedule.next(8.64e15)).toBeNull();
    expect(iso(schedule.next(-8.64e15)!)).toMatch(/^1600-01-01T/);
    expect(schedule.next(-Infinity)).toBe(schedule.next(-8.64e15));
  });

  it("is read back from its JSON by the export that core looks for", () => {
    const schedule = solar("dawn_civil", -0, 13.405);
    const stored = JSON.parse(JSON.stringify(schedule)) as ScheduleJson;
    expect(stored).toEqual({ type: "solar", event: "dawn_civil", latitude: 0, longitude: 13.405 });
    const read = parseSchedule(stored, [scheduleType]);
    expect(read.toJSON()).toEqual(stored);
    expect(read.next(1.9e12)).toBe(schedule.next(1.9e12));
    expect(String(read)).toBe("dawn_civil at 0, 13.405");
  });

  it.each([
    [{ event: "sunset", latitude: "52", longitude: 13 }, /latitude "52" must be a number of degrees from -90 to 90/],
    [{ event: "sunset", latitude: 52 }, /longitude undefined must be a number of degrees from -180 to 180/],
    [{ event: 5, latitude: 52, longitude: 13 }, /event 5 must be one of/],
    [{ event: "toString", latitude: 52, longitude: 13 }, /event "toString" must be one of/],
    [{ event: "sunset", lat: 52, longitude: 13 }, /unknown field "lat" in a solar schedule/],
  ])("refuses %j", (json, message) => {
    expect(() => solarType.parse({ type: "solar", ...json })).toThrow(message);
  });

  it.each([NaN, Infinity, -Infinity])("refuses the coordinate %d", (degrees) => {
    expect(() => solar("sunset", degrees, 0)).toThrow(/latitude -?(NaN|Infinity) must be/);
    expect(() => solar("sunset", 0, degrees)).toThrow(/longitude -?(NaN|Infinity) must be/);
  });
});
