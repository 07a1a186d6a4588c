import type { Clock } from "../base/clock.js";
import { readFields } from "../base/known-fields.js";
import { checkShapes } from "../base/option-shapes.js";
import type { ScheduleType } from "../schedule/index.js";
import type { StoreChoice } from "../store/open-store.js";

export interface ClientOptions extends StoreChoice {
  /** Zone of rules that name none; the same as the nodes'. Default `"UTC"`. */
  readonly timezone?: string;
  /** Schedule types beside the built-in ones. */
  readonly scheduleTypes?: readonly ScheduleType[];
  /** Default: the system's. */
  readonly clock?: Clock;
}

const KNOWN_OPTIONS: readonly (keyof ClientOptions)[] = [
  "store", "storeOptions", "stores", "from", "namespace", "commandTimeoutMs", "timezone", "scheduleTypes", "clock",
]; // prettier-ignore

/** A copy of the options. @throws ConfigError for one that cannot be read or has the wrong shape. */
export function copyClientOptions(given: ClientOptions): ClientOptions {
  const options = readFields("the options of a client", given, KNOWN_OPTIONS);
  checkShapes({ ...options, store: options.store ?? null });
  return options;
}
