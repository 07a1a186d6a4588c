/** Describes an event by the position of the sun. */
export interface SolarEventKind {
  /** `noon`: the sun is at its highest. `rising`, `setting`: it crosses `altitude` upwards or downwards. */
  readonly phase: "rising" | "noon" | "setting";
  /** Degrees above the horizon, without refraction. */
  readonly altitude: number;
  /** The `center` of the disc, or its upper `limb`. */
  readonly of: "center" | "limb";
}

/** Refraction of the air at the horizon, in degrees: 34 minutes of arc by convention. */
const REFRACTION = 34 / 60;

export type SolarEvent =
  | "dawn_astronomical"
  | "dawn_nautical"
  | "dawn_civil"
  | "sunrise"
  | "solar_noon"
  | "sunset"
  | "dusk_civil"
  | "dusk_nautical"
  | "dusk_astronomical";

/** The nine events of Celery's solar schedules. */
export const SOLAR_EVENTS: Readonly<Record<SolarEvent, SolarEventKind>> = {
  dawn_astronomical: { phase: "rising", altitude: -18, of: "center" },
  dawn_nautical: { phase: "rising", altitude: -12, of: "center" },
  dawn_civil: { phase: "rising", altitude: -6, of: "center" },
  sunrise: { phase: "rising", altitude: -REFRACTION, of: "limb" },
  solar_noon: { phase: "noon", altitude: 0, of: "center" },
  sunset: { phase: "setting", altitude: -REFRACTION, of: "limb" },
  dusk_civil: { phase: "setting", altitude: -6, of: "center" },
  dusk_nautical: { phase: "setting", altitude: -12, of: "center" },
  dusk_astronomical: { phase: "setting", altitude: -18, of: "center" },
};
