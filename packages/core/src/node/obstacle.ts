import type { Entry } from "../entry/entry.js";
import type { EndReason } from "../lease/term.js";
import { explainForeign, isForeign } from "../timetable/foreign-configuration.js";
import type { Timetable } from "../timetable/timetable.js";
import type { Settings } from "./settings.js";

/** Why a node must not lead the stored schedule. It follows the schedule, so it notices when the obstacle is gone. */
export interface Obstacle {
  readonly reason: EndReason;
  /** Says more, with the way out. */
  explain(): Error;
}

/** `null`: the node may lead. */
export function obstacleOf(
  timetable: Timetable,
  config: ReadonlyMap<string, Entry> | null,
  { app, replaceSchedule }: Pick<Settings, "app" | "replaceSchedule">,
): Obstacle | null {
  const { isNewer, error } = timetable.cluster;
  // It cannot read all that the newer version wrote (R38).
  if (isNewer) return { reason: "the schedule belongs to a newer version of beatx", explain: () => error! };
  const own = { config, app };
  if (replaceSchedule || !isForeign(timetable, own)) return null;
  return {
    reason: "the schedule belongs to another application",
    explain: () => explainForeign(timetable, own),
  };
}
