import type { EntryView } from "@beatx/core";
import { isoTime } from "../output/format-time.js";

/** The zone of an entry's rule, or `timezone` if the rule names none. */
export function zoneOf({ entry }: EntryView, timezone: string): string {
  const schedule = entry["schedule"];
  const zone = typeof schedule === "object" && schedule !== null && "timezone" in schedule ? schedule.timezone : null;
  return typeof zone === "string" ? zone : timezone;
}

/** Where an entry comes from and, if it does not run, why. */
export function describeState({ source, overridden, active, paused }: EntryView): string {
  const notes = [...(overridden ? ["edited"] : []), ...(paused ? ["paused"] : active ? [] : ["disabled"])];
  return notes.length === 0 ? source : `${source} (${notes.join(", ")})`;
}

/** An entry for `--json`: the client's view with ISO 8601 times. */
export function toJsonEntry(view: EntryView): object {
  return { ...view, nextRunAt: isoTime(view.nextRunAt), lastSentAt: isoTime(view.lastSentAt) };
}
