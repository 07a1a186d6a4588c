import type { SimulatedRun } from "@beatx/core";
import type { CommandContext } from "../output/command-context.js";
import { printable } from "../output/printable.js";
import { fitText, widthOf } from "../output/text-width.js";
import { findClockChanges } from "../simulation/clock-changes.js";
import type { Simulation } from "../simulation/simulation.js";
import { type TimelineCell, timelineBackground, timelineRow } from "./timeline-row.js";
import { timelineRuler } from "./timeline-ruler.js";
import { cellOf, describeCell, type TimelineScale, timelineScale } from "./timeline-scale.js";
import { type TimelineMark, type TimelineStyle, timelineStyle } from "./timeline-style.js";

/** For an output without a width. */
const DEFAULT_COLUMNS = 80;
const MIN_CELLS = 20;
const GAP = "  ";

const LEGEND: readonly (readonly [mark: TimelineMark, meaning: string])[] = [
  ["sent", "sent (2-9: count)"],
  ["many", "10 or more"],
  ["caughtUp", "caught up"],
  ["skipped", "skipped"],
  ["outage", "outage"],
  ["change", "the clocks change"],
];

/** Draws at most `limit` entries (0: all), one row each, as wide as the terminal; then the legend. */
export function drawTimeline(
  { range, entries, runs, rules }: Simulation,
  limit: number,
  context: Pick<CommandContext, "stdout" | "env">,
): string {
  const style = timelineStyle(context);
  const columns = context.stdout.columns ?? DEFAULT_COLUMNS;
  const names = (limit === 0 ? entries : entries.slice(0, limit)).map(({ name }) => name);
  const labelWidth = widthOfLabels(names, columns);
  const room = Math.max(MIN_CELLS, columns - labelWidth - GAP.length);
  const scale = timelineScale(range, range.zone, room);
  const changes = new Set(findClockChanges(range, range.zone).map(({ at }) => cellOf(scale, at)));
  const background = timelineBackground(scale, range.outages, changes);
  const runsOf = groupByEntry(runs);
  const rows = names.map((name) => timelineRow(background, runsOf.get(name) ?? [], rules.get(name)!));
  const labelled = names.map((name, row) => {
    return fitText(printable(name), labelWidth, style.ellipsis) + GAP + paintCells(rows[row]!, style);
  });
  const indent = " ".repeat(labelWidth) + GAP;
  const ruler = drawRuler(scale, changes, { zone: range.zone, room, style }).map((line) => indent + line);
  const left = entries.length - names.length;
  const more = left === 0 ? [] : [`and ${left} more entries: --limit ${entries.length} shows all`];
  const used = new Set(rows.flat().map(({ mark }) => mark));
  return [...ruler, ...labelled, ...more, "", ...legend(used, scale, style, columns), ""].join("\n");
}

/** Lines of labels, and the axis with its ticks. */
function drawRuler(
  scale: TimelineScale,
  changes: ReadonlySet<number>,
  { zone, room, style }: { readonly zone: string; readonly room: number; readonly style: TimelineStyle },
): string[] {
  const { labels, ticks } = timelineRuler(scale, zone, room);
  const axis = Array.from({ length: scale.cells }, (_, cell): TimelineCell => {
    return { mark: changes.has(cell) ? "changeTick" : ticks.has(cell) ? "tick" : "axis", sent: 0 };
  });
  return [...labels, paintCells(axis, style)];
}

/** The width of the longest name, but at most a quarter of the line. */
function widthOfLabels(names: readonly string[], columns: number): number {
  const longest = names.reduce((width, name) => Math.max(width, widthOf(printable(name))), 0);
  return Math.min(longest, Math.max(8, Math.floor(columns / 4)));
}

function groupByEntry(runs: readonly SimulatedRun[]): Map<string, SimulatedRun[]> {
  const groups = new Map<string, SimulatedRun[]>();
  for (const run of runs) {
    const group = groups.get(run.entry);
    if (group) group.push(run);
    else groups.set(run.entry, [run]);
  }
  return groups;
}

/** Paints neighbours with the same mark together. */
function paintCells(cells: readonly TimelineCell[], { marks, paint }: TimelineStyle): string {
  let line = "";
  for (let first = 0, next; first < cells.length; first = next) {
    const { mark } = cells[first]!;
    let text = "";
    for (next = first; cells[next]?.mark === mark; next++) {
      const { sent } = cells[next]!;
      text += mark === "sent" && sent > 1 ? String(sent) : marks[mark];
    }
    line += paint(mark, text);
  }
  return line;
}

/** The length of a column and the meaning of the marks in use, in lines of at most `columns`. */
function legend(
  used: ReadonlySet<TimelineMark>,
  scale: TimelineScale,
  { marks, paint }: TimelineStyle,
  columns: number,
): string[] {
  let line = `a column is ${describeCell(scale)}`;
  let width = widthOf(line);
  const lines: string[] = [];
  for (const [mark, meaning] of LEGEND.filter(([each]) => used.has(each))) {
    const item = `${paint(mark, marks[mark])} ${meaning}`;
    const itemWidth = widthOf(`${marks[mark]} ${meaning}`);
    if (width + GAP.length + itemWidth <= columns) {
      line += GAP + item;
      width += GAP.length + itemWidth;
    } else {
      lines.push(line);
      [line, width] = [item, itemWidth];
    }
  }
  return [...lines, line];
}
