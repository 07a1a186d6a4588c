import type { Clock } from "../base/clock.js";
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
