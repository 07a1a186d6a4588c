import type { EntryView, Pause } from "@beatx/core";
import { formatTime, formatUntil, isoTime } from "../output/format-time.js";

/** The zone of an entry's rule, or `timezone` if the rule names none. */
export function zoneOf({ entry }: EntryView, timezone: string): string {
  const schedule = entry["schedule"];
  const zone = typeof schedule === "object" && schedule !== null && "timezone" in schedule ? schedule.timezone : null;
  return typeof zone === "string" ? zone : timezone;
}

/** Whether an entry runs, if not, why, and what else is to be known. */
export function describeState(view: EntryView, timezone: string): string {
  const paused = (pause: Pause): string => `paused${describePause(pause, zoneOf(view, timezone))}`;
  return stateOf(view, paused);
}

/** As `describeState`, in few words: for a narrow table. */
export function describeStateBriefly(view: EntryView, now: number): string {
  return stateOf(view, ({ until }) => (until === null ? "paused" : `paused, ends ${formatUntil(until, now)}`));
}

function stateOf(view: EntryView, describePaused: (pause: Pause) => string): string {
  const { overridden, active, paused, pause, nextRunAt } = view;
  const state = !paused ? (!active ? "disabled" : nextRunAt === null ? "done" : "active") : "paused";
  const shown = pause === null ? state : describePaused(pause);
  return [shown, ...(overridden ? ["edited"] : [])].join(", ");
}

/** Until when, why and by whom, as in ` until 2030-01-31 09:00:00Z (db upgrade, anna)`; empty if nothing is known. */
export function describePause({ until, note, by }: Pause, zone: string): string {
  const words = [note, by].filter((word) => word !== null).join(", ");
  const end = until === null ? "" : ` until ${formatTime(until, zone)}`;
  return `${end}${words === "" ? "" : ` (${words})`}`;
}

/** `next run: …`, or why there is none. */
export function describeNextRun(view: EntryView, timezone: string): string {
  const { nextRunAt, active, paused } = view;
  if (nextRunAt !== null) return `next run: ${formatTime(nextRunAt, zoneOf(view, timezone))}`;
  return paused ? "it is paused" : active ? "it is done: it has no further run" : "it is disabled";
}

/** An entry for `--json`: the client's view with ISO 8601 times. */
export function toJsonEntry(view: EntryView): object {
  const { pause, nextRunAt, nextScheduledAt, lastSentAt } = view;
  const times = {
    nextRunAt: isoTime(nextRunAt),
    nextScheduledAt: isoTime(nextScheduledAt),
    lastSentAt: isoTime(lastSentAt),
  };
  return { ...view, pause: toJsonPause(pause), ...times };
}

export function toJsonPause(pause: Pause | null): object | null {
  return pause && { ...pause, at: isoTime(pause.at), until: isoTime(pause.until) };
}
