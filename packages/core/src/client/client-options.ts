import type { Clock } from "../base/clock.js";
import { readFields } from "../base/known-fields.js";
import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { checkShapes } from "../base/option-shapes.js";
import { isCount } from "../base/number-range.js";
import type { Configuration } from "../entry/configuration.js";
import { fullName } from "../entry/entry-names.js";
import type { RuleType } from "../schedule/index.js";
import type { StoreChoice } from "../store/open-store.js";
import type { OwnConfiguration } from "../timetable/foreign-configuration.js";

export interface ClientOptions extends StoreChoice {
  /** Zone of rules that name none; the same as the nodes'. Default `"UTC"`. */
  readonly timezone?: string;
  /** Schedule types beside the built-in ones. */
  readonly scheduleTypes?: readonly RuleType[];
  /**
   * The configuration of this application: `status` says whether it is foreign to the stored schedule, and `diff` and `apply`
   * compare and write it. Default: none.
   */
  readonly configuration?: Pick<Configuration, "schedule" | "app" | "configVersion">;
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

/** The configuration of a client. Its entries are not checked yet. */
export interface ClientConfiguration extends OwnConfiguration {
  readonly configVersion: number | null;
  readonly schedule: Configuration["schedule"];
}

/** What shows whose the configuration is. @throws ConfigError for one of a wrong shape. */
export function readConfiguration({ configuration }: Pick<ClientOptions, "configuration">): ClientConfiguration {
  if (configuration === undefined) return { config: null, app: null, configVersion: null, schedule: undefined };
  const known = ["schedule", "app", "configVersion"] as const;
  const { schedule, app = null, configVersion = null } = readFields("configuration", configuration, known);
  checkShapes({ app: app ?? undefined, configuration });
  if (configVersion !== null && !isCount(configVersion)) {
    const message = `configuration.configVersion is ${describe(configVersion)}: expected a whole number`;
    throw new ConfigError(message, { field: "configuration.configVersion" });
  }
  if (schedule !== undefined && !isPlainObject(schedule)) {
    const message = `configuration.schedule is ${describe(schedule)}: expected an object of entries by name`;
    throw new ConfigError(message, { field: "configuration.schedule" });
  }
  const names = schedule === undefined ? null : Object.keys(schedule).map((name) => fullName(app, name));
  return { config: names && new Set(names), app, configVersion, schedule };
}
