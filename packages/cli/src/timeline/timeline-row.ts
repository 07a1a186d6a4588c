import type { Schedule, SimulatedRun } from "@beatx/core";
import type { Span } from "../simulation/simulated-range.js";
import { cellOf, startOfCell, type TimelineScale } from "./timeline-scale.js";
import type { TimelineMark } from "./timeline-style.js";

/** So many sends of one cell are no longer written as a digit. */
const MANY = 10;

/** What all rows of a timeline have in common. */
export interface TimelineBackground {
  readonly scale: TimelineScale;
  /** Of each cell, what is shown where nothing happens. */
  readonly marks: readonly TimelineMark[];
}

/** One column of a row. */
export interface TimelineCell {
  readonly mark: TimelineMark;
  /** How many were sent in it. */
  readonly sent: number;
}

/** Outages are shaded, and a change of the clocks is a line down to the last row. */
export function timelineBackground(
  scale: TimelineScale,
  outages: readonly Span[],
  changes: ReadonlySet<number>,
): TimelineBackground {
  const marks = Array.from({ length: scale.cells }, (_, cell): TimelineMark => {
    const [from, to] = [startOfCell(scale, cell), startOfCell(scale, cell + 1)];
    if (changes.has(cell)) return "change";
    return outages.some((outage) => outage.from < to && outage.to > from) ? "outage" : "none";
  });
  return { scale, marks };
}

/**
 * The cells of one entry, from what happens to it. Sends stand where they happen, skipped instants where they would
 * have been; of what happens in one cell the rarest is shown.
 */
export function timelineRow(
  { scale, marks }: TimelineBackground,
  runs: readonly SimulatedRun[],
  rule: Schedule,
): TimelineCell[] {
  const sent = marks.map(() => 0);
  const rare = new Map<number, TimelineMark>();
  for (const { kind, at } of runs) {
    if (kind === "skipped") continue;
    const cell = cellOf(scale, at);
    sent[cell]! += 1;
    if (kind === "caught-up") rare.set(cell, "caughtUp");
  }
  for (const run of runs) for (const instant of skippedInstants(run, rule)) rare.set(cellOf(scale, instant), "skipped");
  return marks.map((mark, cell) => {
    const count = sent[cell]!;
    return { mark: rare.get(cell) ?? (count === 0 ? mark : count < MANY ? "sent" : "many"), sent: count };
  });
}

/** A run tells the first skipped instant and how many there were; they follow each other. */
function* skippedInstants({ kind, at, scheduledAt, count, atLeast }: SimulatedRun, rule: Schedule): Generator<number> {
  if (kind !== "skipped") return;
  let left = atLeast ? Infinity : count!;
  for (let instant: number | null = scheduledAt; instant !== null && instant <= at && left > 0; left--) {
    yield instant;
    instant = rule.next(instant);
  }
}
