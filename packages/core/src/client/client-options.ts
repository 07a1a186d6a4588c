import type { Clock } from "../base/clock.js";
import { readFields } from "../base/known-fields.js";
import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { checkShapes } from "../base/option-shapes.js";
import type { Configuration } from "../entry/configuration.js";
import type { ScheduleType } from "../schedule/index.js";
import type { StoreChoice } from "../store/open-store.js";
import type { OwnConfiguration } from "../timetable/foreign-configuration.js";

export interface ClientOptions extends StoreChoice {
  /** Zone of rules that name none; the same as the nodes'. Default `"UTC"`. */
  readonly timezone?: string;
  /** Schedule types beside the built-in ones. */
  readonly scheduleTypes?: readonly ScheduleType[];
  /**
   * The configuration of this application: `status` says whether the stored schedule belongs to another one. Default:
   * none.
   */
  readonly configuration?: Pick<Configuration, "schedule" | "app">;
  /** Who uses the client, for people: what it pauses says so. At most 200 characters. Default: not said. */
  readonly by?: string;
  /** Default: the system's. */
  readonly clock?: Clock;
}

const KNOWN_OPTIONS: readonly (keyof ClientOptions)[] = [
  "store", "storeOptions", "stores", "from", "namespace", "commandTimeoutMs", "timezone", "scheduleTypes", "clock",
  "configuration", "by",
]; // prettier-ignore

/** A copy of the options. @throws ConfigError for one that cannot be read or has the wrong shape. */
export function copyClientOptions(given: ClientOptions): ClientOptions {
  const options = readFields("the options of a client", given, KNOWN_OPTIONS);
  checkShapes({ ...options, store: options.store ?? null });
  readConfiguration(options);
  return options;
}

/** What shows whose the configuration is. @throws ConfigError for one of a wrong shape. */
export function readConfiguration({ configuration }: Pick<ClientOptions, "configuration">): OwnConfiguration {
  if (configuration === undefined) return { config: null, app: null };
  const { schedule, app } = readFields("configuration", configuration, ["schedule", "app"]);
  checkShapes({ app, configuration });
  if (schedule !== undefined && !isPlainObject(schedule)) {
    const message = `configuration.schedule is ${describe(schedule)}: expected an object of entries by name`;
    throw new ConfigError(message, { field: "configuration.schedule" });
  }
  return { config: schedule === undefined ? null : new Set(Object.keys(schedule)), app: app ?? null };
}
