import { formatDuration } from "../schedule/duration.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { delayOf, type DueRule, nextInstant } from "../timetable/next-instant.js";

/** One event of a simulation. */
export interface SimulatedRun {
  /** When it happens, epoch ms. */
  readonly at: number;
  /** Name of the entry. */
  readonly entry: string;
  /** The instant it concerns, epoch ms; the first of several that are skipped. */
  readonly scheduledAt: number;
  /** `sent`: on time. `caught-up`: sent late. `skipped`: never sent. */
  readonly kind: "sent" | "caught-up" | "skipped";
  /** How many instants were skipped; absent for one that was sent. */
  readonly count?: number;
  /** There were too many to count; `count` is a lower bound. */
  readonly atLeast?: boolean;
  /** The reason, in words. */
  readonly reason: string;
}

/** The events of a decision at `now`, before the cursor moves: at most one `skipped`, then those that are sent. */
export function describeDecision(due: DueEntry, now: number): SimulatedRun[] {
  const { entry, decision } = due;
  const { send, skipped, atLeast } = decision;
  const what = { at: now, entry: entry.name };
  const runs: SimulatedRun[] = [];
  if (skipped > 0) {
    const scheduledAt = nextInstant(entry.rule, entry.cursor)!;
    const count = { count: skipped, ...(atLeast ? { atLeast } : {}) };
    const lateMs = now - scheduledAt - delayOf(entry.rule, scheduledAt);
    runs.push({ ...what, scheduledAt, kind: "skipped", ...count, reason: whySkipped(due, lateMs) });
  }
  for (const scheduledAt of send) {
    const delayMs = delayOf(entry.rule, scheduledAt);
    const lateMs = now - scheduledAt - delayMs;
    if (lateMs === 0) runs.push({ ...what, scheduledAt, kind: "sent", reason: whySent(entry.rule, delayMs) });
    else runs.push({ ...what, scheduledAt, kind: "caught-up", reason: whyCaughtUp(due, lateMs) });
  }
  return runs;
}

function whySent({ offsetMs }: DueRule, delayMs: number): string {
  if (delayMs === 0) return "on time";
  const causes = [...(offsetMs > 0 ? ["jitter"] : []), ...(delayMs > offsetMs ? ["spread"] : [])];
  return `on time, moved by ${causes.join(" and ")} of ${formatDuration(delayMs)}`;
}

function whyCaughtUp({ entry, decision }: DueEntry, lateMs: number): string {
  const { skipped, atLeast } = decision;
  const late = `${formatDuration(lateMs)} late`;
  switch (entry.rule.missed) {
    case "all":
      return `${late}: missed "all" sends every missed one`;
    case "skip":
      return `${late}: missed "skip" still sends what is only a little late`;
    case "latest":
      return skipped === 0 ? late : `${late}: missed "latest" sends one for ${skipped + 1}${atLeast ? " or more" : ""}`;
  }
}

function whySkipped({ entry, decision }: DueEntry, oldestLateMs: number): string {
  const { missed, deadlineMs, maxCatchUp } = entry.rule;
  const deadline = deadlineMs === null ? "" : `later than deadlineMs, ${formatDuration(deadlineMs) || "0s"}`;
  const isPastDeadline = deadlineMs !== null && oldestLateMs > deadlineMs;
  switch (missed) {
    case "skip":
      return isPastDeadline && decision.send.length === 0 ? deadline : 'too late for missed "skip"';
    case "latest":
      return decision.send.length === 0 ? deadline : 'missed "latest" sends only the newest of the missed ones';
    case "all":
      return isPastDeadline ? deadline : `missed "all" sends only the newest ${maxCatchUp} (maxCatchUp)`;
  }
}
