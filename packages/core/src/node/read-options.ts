import { type Clock, systemClock } from "../base/clock.js";
import { Faults } from "../base/faults.js";
import { checkUri } from "../discovery/find-provider.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import { type ConfigEntries, entriesOf, readConfigEntries } from "../entry/configuration.js";
import { checkDeadLetter } from "../publisher/dead-letter.js";
import { type ParseRule, ruleParser } from "../schedule/rule-parser.js";
import type { BeatOptions } from "./options.js";
import { checkPublisherChoice, copyOptions, readSettings, type Settings } from "./settings.js";

/** The options of a node, checked. */
export interface CheckedOptions {
  readonly options: BeatOptions;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly types: ScheduleTypes;
  readonly parseRule: ParseRule;
  /** Types of schedule that come from packages. */
  readonly neededTypes: readonly string[];
  /** `undefined`: there are needed types; the entries are read when these are loaded. */
  readonly config: ConfigEntries | undefined;
}

/** Reads the options of a node, and opens nothing. @throws ConfigError that names all that is wrong. */
export function readOptions(given: BeatOptions): CheckedOptions {
  const faults = new Faults();
  const options = copyOptions(given, faults);
  const { store, stores, publisher, publishers, deadLetter } = options;
  if (typeof store === "string") faults.collect(() => checkUri("store", store, stores));
  if (typeof publisher === "string") faults.collect(() => checkUri("publisher", publisher, publishers));
  if (typeof deadLetter === "string") faults.collect(() => checkUri("publisher", deadLetter, publishers));
  faults.collect(() => checkDeadLetter(options));
  const settings = readSettings(options, faults);
  const clock = options.clock ?? systemClock;
  const types = new ScheduleTypes({ given: options.scheduleTypes, from: options.from, clock });
  const parserFor = (timezone: string): ParseRule => ruleParser(timezone, types.known);
  const parseRule = faults.collect(() => parserFor(options.timezone ?? "UTC")) ?? parserFor("UTC");
  const neededTypes = types.missingIn(entriesOf(options.schedule));
  const readEntries = (): ConfigEntries => readConfigEntries(options, parseRule);
  const config = neededTypes.length === 0 ? faults.collect(readEntries) : undefined;
  // One that was left out because it is wrong is not missing.
  if (!faults.concern("publisher", "handlers")) faults.collect(() => checkPublisherChoice(options, config ?? null));
  faults.throwAny();
  return { options, settings, clock, types, parseRule, neededTypes, config };
}
