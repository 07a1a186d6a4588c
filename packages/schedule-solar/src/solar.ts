import type { Schedule, ScheduleJson, ScheduleType } from "@beatx/core";
import { ConfigError, describe, nextInRange } from "@beatx/core/adapter";

import { SOLAR_EVENTS, type SolarEvent } from "./solar-event.js";
import { SunTimes } from "./sun-times.js";

class SolarSchedule implements Schedule {
  readonly type = "solar";
  readonly event: SolarEvent;
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
  readonly #times: SunTimes;

  constructor(event: SolarEvent, latitude: number, longitude: number) {
    this.event = event;
    this.latitude = latitude;
    this.longitude = longitude;
    this.#times = new SunTimes(event, latitude, longitude);
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => this.#times.next(start));
  }

  toJSON(): ScheduleJson {
    return { type: this.type, event: this.event, latitude: this.latitude, longitude: this.longitude };
  }

  toString(): string {
    return `${this.event} at ${this.latitude}, ${this.longitude}`;
  }
}

/**
 * Due at an event of the sun at a place: `solar("sunset", 52.52, 13.405)`. Coordinates are in degrees, positive to the north
 * and east, at sea level. Instants are whole seconds. If the sun does not rise or set for weeks, the next instant is the
 * first one after the pause.
 * @throws ConfigError for an unknown event, and for coordinates outside the globe.
 */
export function solar(event: SolarEvent, latitude: number, longitude: number): Schedule {
  return makeSolar(event, latitude, longitude);
}

/** Reads `{ type: "solar", event, latitude, longitude }`. */
export const solarType: ScheduleType = {
  type: "solar",
  parse({ type: _type, event, latitude, longitude, ...others }: ScheduleJson): Schedule {
    for (const field of Object.keys(others)) {
      const known = "known: event, latitude, longitude";
      throw new ConfigError(`unknown field "${field}" in a solar schedule (${known})`, { field });
    }
    return makeSolar(event, latitude, longitude);
  },
};

function makeSolar(event: unknown, latitude: unknown, longitude: unknown): Schedule {
  if (typeof event !== "string" || !Object.hasOwn(SOLAR_EVENTS, event)) {
    const hint = `must be one of ${Object.keys(SOLAR_EVENTS).join(", ")}`;
    throw new ConfigError(`event ${describe(event)} ${hint}`, { field: "event" });
  }
  const [north, east] = [readDegrees("latitude", latitude, 90), readDegrees("longitude", longitude, 180)];
  return new SolarSchedule(event as SolarEvent, north, east);
}

function readDegrees(field: string, value: unknown, limit: number): number {
  // This form of the condition refuses NaN too. `+ 0` turns -0, which JSON does not keep, into 0.
  if (typeof value === "number" && Math.abs(value) <= limit) return value + 0;
  throw new ConfigError(`${field} ${describe(value)} must be a number of degrees from ${-limit} to ${limit}`, {
    field,
  });
}
