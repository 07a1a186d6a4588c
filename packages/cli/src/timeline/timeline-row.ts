import type { Schedule, SimulatedRun } from "@beatx/core";
import type { Span } from "../simulation/simulated-range.js";
import { cellOf, startOfCell, type TimelineScale } from "./timeline-scale.js";
import type { TimelineMark } from "./timeline-style.js";

/** From this number of sends on, a cell shows a block instead of a digit. */
const MANY = 10;

/** The part that all rows of a timeline share. */
export interface TimelineBackground {
  readonly scale: TimelineScale;
  /** The mark of each cell in which nothing happens. */
  readonly marks: readonly TimelineMark[];
}

/** One column of a row. */
export interface TimelineCell {
  readonly mark: TimelineMark;
  /** The number of sends in it. */
  readonly sent: number;
}

/** Shades the outages and draws a change of the clocks as a vertical line. */
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
 * The cells of one entry. A send is placed when it happens, a skipped instant when it would have been sent. A cell shows
 * the rarest of its events.
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

/** A run holds the first skipped instant and the count; the others follow it by the rule. */
function* skippedInstants({ kind, at, scheduledAt, count, atLeast }: SimulatedRun, rule: Schedule): Generator<number> {
  if (kind !== "skipped") return;
  let left = atLeast ? Infinity : count!;
  for (let instant: number | null = scheduledAt; instant !== null && instant <= at && left > 0; left--) {
    yield instant;
    instant = rule.next(instant);
  }
}
