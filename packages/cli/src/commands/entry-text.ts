import type { EntryView } from "@beatx/core";
import { isoTime } from "../output/format-time.js";

/** The zone of an entry's rule, or `timezone` if the rule names none. */
export function zoneOf({ entry }: EntryView, timezone: string): string {
  const schedule = entry["schedule"];
  const zone = typeof schedule === "object" && schedule !== null && "timezone" in schedule ? schedule.timezone : null;
  return typeof zone === "string" ? zone : timezone;
}

/** Whether an entry runs, if not, why, and what else is to be known. */
export function describeState({ overridden, active, paused, nextRunAt }: EntryView): string {
  const state = paused ? "paused" : !active ? "disabled" : nextRunAt === null ? "done" : "active";
  return [state, ...(overridden ? ["edited"] : [])].join(", ");
}

/** An entry for `--json`: the client's view with ISO 8601 times. */
export function toJsonEntry(view: EntryView): object {
  return { ...view, nextRunAt: isoTime(view.nextRunAt), lastSentAt: isoTime(view.lastSentAt) };
}
