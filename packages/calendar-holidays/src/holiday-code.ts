import { ConfigError, describe } from "@beatx/core/adapter";
import Holidays, { type HolidaysTypes } from "date-holidays";

/** Whose holidays, and which kinds of them. */
export interface Place {
  readonly country: string;
  readonly state: string | undefined;
  readonly region: string | undefined;
  readonly types: readonly HolidaysTypes.HolidayType[];
}

const TYPES: readonly HolidaysTypes.HolidayType[] = ["public", "bank", "optional", "school", "observance"];

/** Up to so many codes are all listed in a message. */
const MOST_LISTED = 40;

/** @throws ConfigError for a code, or a kind of holidays, that does not exist; it says what to write. */
export function readCode(code: string): Place {
  const [place = "", ...others] = code.split("+");
  const known = new Holidays();
  const [written = "", ...parts] = place.split("-");
  const country = pick(code, known.getCountries("en"), written, null);
  const state = parts[0] === undefined ? undefined : pick(code, known.getStates(country, "en"), parts[0], country);
  const owner = `${country}-${state}`;
  const region =
    parts[1] === undefined
      ? undefined
      : pick(code, known.getRegions(country, state!, "en"), parts.slice(1).join("-"), owner);
  return { country, state, region, types: ["public", ...others.map((type) => readType(code, type))] };
}

function readType(code: string, type: string): HolidaysTypes.HolidayType {
  const found = TYPES.find((each) => each === type.toLowerCase());
  if (found) return found;
  throw wrong(code, `${describe(type)} is no kind of holidays: after "+" write one of ${TYPES.slice(1).join(", ")}`);
}

/** `undefined`: none. */
type Names = Readonly<Record<string, string>> | undefined;

/** The code as the library spells it. `within`: the country or state that has it. */
function pick(code: string, names: Names = {}, written: string, within: string | null): string {
  const found = Object.keys(names).find((key) => key.toLowerCase() === written.toLowerCase());
  if (found !== undefined) return found;
  const place = within === null ? "is no country" : `is no part of ${within}`;
  const shown = nearTo(written, names).map((key) => `${within === null ? "" : `${within}-`}${key} (${names[key]!})`);
  const hint = shown.length === 0 ? `write ${within} alone` : `the nearest codes are ${shown.join(", ")}`;
  throw wrong(code, `${describe(written)} ${place}; ${hint}`);
}

/** A few are all listed; of many those that have a like code, or a name that begins so. */
function nearTo(written: string, names: Readonly<Record<string, string>>): readonly string[] {
  const all = Object.entries(names);
  if (all.length <= MOST_LISTED) return all.map(([key]) => key);
  const text = written.toLowerCase();
  const differences = ([key, name]: readonly [string, string]): number =>
    text.length > 2 && name.toLowerCase().startsWith(text)
      ? 0
      : 3 - [...key.toLowerCase()].filter((letter, index) => letter === text[index]).length;
  const rated = all.map((each) => [differences(each), each[0]] as const).sort(([a], [b]) => a - b);
  return rated.slice(0, 6).map(([, key]) => key);
}

function wrong(code: string, why: string): ConfigError {
  const message = `no holidays are known for ${describe(code)}: ${why}. A calendar of your own is passed in \`scheduleTypes\``;
  return new ConfigError(message, { field: "calendar" });
}
