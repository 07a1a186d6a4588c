import { nextInstant } from "../timetable/due.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { formatDuration } from "../schedule/duration.js";

/** Something that happens in a simulation. */
export interface SimulatedRun {
  /** When it happens, epoch ms. */
  readonly at: number;
  /** Name of the entry. */
  readonly entry: string;
  /** The instant of the schedule that it is about, epoch ms; of several skipped ones the first. */
  readonly scheduledAt: number;
  /** `sent`: on time. `caught-up`: sent late. `skipped`: not sent, now or ever. */
  readonly kind: "sent" | "caught-up" | "skipped";
  /** How many instants were skipped; left out for what was sent. */
  readonly count?: number;
  /** There were too many to count them all. */
  readonly atLeast?: boolean;
  /** Why, in words. */
  readonly reason: string;
}

/** What a settlement does at `now`, as the cursor has not moved yet: at most one `skipped` and one that is sent. */
export function describeSettlement(due: DueEntry, now: number): SimulatedRun[] {
  const { planned, settlement } = due;
  const { send, skipped, atLeast } = settlement;
  const [at, entry] = [now, planned.name];
  const runs: SimulatedRun[] = [];
  if (skipped > 0) {
    const scheduledAt = nextInstant(planned.rule, planned.cursor)!;
    const count = { count: skipped, ...(atLeast ? { atLeast } : {}) };
    runs.push({ at, entry, scheduledAt, kind: "skipped", ...count, reason: whySkipped(due, now - scheduledAt) });
  }
  if (send === null) return runs;
  const lateMs = now - send - planned.rule.offsetMs;
  if (lateMs === 0) runs.push({ at, entry, scheduledAt: send, kind: "sent", reason: whySent(planned.rule.offsetMs) });
  else runs.push({ at, entry, scheduledAt: send, kind: "caught-up", reason: whyCaughtUp(due, lateMs) });
  return runs;
}

function whySent(offsetMs: number): string {
  return offsetMs === 0 ? "on time" : `on time, moved by jitter of ${formatDuration(offsetMs)}`;
}

function whyCaughtUp({ planned, settlement }: DueEntry, lateMs: number): string {
  const { skipped, atLeast } = settlement;
  const late = `${formatDuration(lateMs)} late`;
  switch (planned.rule.missed) {
    case "all":
      return `${late}: missed "all" sends each that was missed`;
    case "skip":
      return `${late}: missed "skip" still sends what is so little late`;
    case "latest":
      return skipped === 0 ? late : `${late}: missed "latest" sends one for ${skipped + 1}${atLeast ? " or more" : ""}`;
  }
}

function whySkipped({ planned, settlement }: DueEntry, oldestLateMs: number): string {
  const { missed, deadlineMs, maxCatchUp, offsetMs } = planned.rule;
  const deadline = deadlineMs === null ? "" : `later than deadlineMs, ${formatDuration(deadlineMs) || "0s"}`;
  const isPastDeadline = deadlineMs !== null && oldestLateMs - offsetMs > deadlineMs;
  switch (missed) {
    case "skip":
      return isPastDeadline && settlement.send === null ? deadline : 'too late for missed "skip"';
    case "latest":
      return settlement.send === null ? deadline : 'missed "latest" sends only the newest of those that were missed';
    case "all":
      return isPastDeadline ? deadline : `missed "all" sends only the newest ${maxCatchUp} (maxCatchUp)`;
  }
}
