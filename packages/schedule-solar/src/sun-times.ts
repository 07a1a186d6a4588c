import { type AstroTime, Body, Equator, Horizon, MakeTime, Observer, SearchHourAngle } from "astronomy-engine";

import { SOLAR_EVENTS, type SolarEvent, type SolarEventKind } from "./solar-event.js";

const HOUR_MS = 3_600_000;
const HALF_DAY_MS = 12 * HOUR_MS;
const DAY_MS = 2 * HALF_DAY_MS;
const SECOND_MS = 1_000;
/** Years of four digits. */
const FIRST_INSTANT = Date.UTC(1600, 0, 1);
const LAST_INSTANT = Date.UTC(9999, 11, 31);
/** The sun crosses every altitude down to -18 degrees within each year, even at the poles. */
const LONGEST_PAUSE_HALF_DAYS = 2 * 400;
/** The precision of a crossing, well below the second that it is rounded to. */
const PRECISION_MS = 50;
const SUN_RADIUS_AU = 696_340 / 149_597_870.7;
/** The number of half-days in the cache. */
const REMEMBERED = 4_096;

/**
 * The instants of one event at one place.
 *
 * The culminations of the sun cut time into numbered half-days: the sun rises in the even ones and sinks in the odd ones.
 * The search in a half-day depends only on its number. So an instant is the same to the millisecond on every node, whatever
 * `after` it is searched from (R12). Near the poles, where the season matters more than the hour, the sun may sink in an
 * even half-day; so every event is searched in both kinds.
 */
export class SunTimes {
  readonly #event: SolarEventKind;
  readonly #observer: Observer;
  /** The delay of the mean sun's culmination compared with Greenwich, in ms. */
  readonly #delayMs: number;
  readonly #found = new Map<number, number | null>();
  /** The last computed culmination. The next half-day begins there. */
  #last: { readonly index: number; readonly at: number; readonly height: number } | undefined;

  constructor(event: SolarEvent, latitude: number, longitude: number) {
    this.#event = SOLAR_EVENTS[event];
    this.#observer = new Observer(latitude, longitude, 0);
    this.#delayMs = (-longitude / 360) * DAY_MS;
  }

  /**
   * The first instant strictly after `after`, in whole seconds, from the year 1600 on. `null`: none is left.
   */
  next(after: number): number | null {
    if (after >= LAST_INSTANT) return null;
    const from = Math.max(after, FIRST_INSTANT - 1);
    // The true sun is up to 17 minutes ahead of the mean sun, or behind it: begin one half-day early.
    const first = Math.floor((from - this.#delayMs) / HALF_DAY_MS) - 1;
    for (let index = first; index <= first + LONGEST_PAUSE_HALF_DAYS; index += 1) {
      const instant = this.#instantIn(index);
      if (instant !== null && instant > from) return instant;
    }
    return null;
  }

  #instantIn(index: number): number | null {
    const known = this.#found.get(index);
    if (known !== undefined) return known;
    const exact = this.#event.phase === "noon" ? this.#noonIn(index) : this.#crossingIn(index);
    // Rounding to whole seconds hides differences between processors in the last digits.
    const instant = exact === null ? null : Math.round(exact / SECOND_MS) * SECOND_MS;
    if (this.#found.size >= REMEMBERED) this.#found.clear();
    this.#found.set(index, instant);
    return instant;
  }

  /** The sun is at its highest at the start of an odd half-day. */
  #noonIn(index: number): number | null {
    return index % 2 === 0 ? null : this.#culmination(index).at;
  }

  #crossingIn(index: number): number | null {
    const sign = this.#event.phase === "rising" ? 1 : -1;
    const [begin, end] = [this.#culmination(index), this.#culmination(index + 1)];
    if (sign * begin.height >= 0 || sign * end.height < 0) return null;
    let [low, high] = [begin.at, end.at];
    while (high - low > PRECISION_MS) {
      const middle = (low + high) / 2;
      if (sign * this.#height(timeAt(middle)) < 0) low = middle;
      else high = middle;
    }
    return high;
  }

  /** The start of half-day `index`, and the height of the sun at that instant. */
  #culmination(index: number): { readonly index: number; readonly at: number; readonly height: number } {
    if (this.#last?.index === index) return this.#last;
    const mean = index * HALF_DAY_MS + this.#delayMs;
    const hourAngle = index % 2 === 0 ? 12 : 0;
    const { time } = SearchHourAngle(Body.Sun, this.#observer, hourAngle, timeAt(mean - HALF_DAY_MS / 2));
    this.#last = { index, at: time.date.getTime(), height: this.#height(time) };
    return this.#last;
  }

  /** The height of the sun above the event's altitude, in degrees. */
  #height(time: AstroTime): number {
    const { ra, dec, dist } = Equator(Body.Sun, time, this.#observer, true, true);
    const { altitude } = Horizon(time, this.#observer, ra, dec);
    const radius = this.#event.of === "limb" ? (Math.asin(SUN_RADIUS_AU / dist) * 180) / Math.PI : 0;
    return altitude + radius - this.#event.altitude;
  }
}

function timeAt(instant: number): AstroTime {
  return MakeTime(new Date(instant));
}
