import { mayColor } from "../output/colors.js";
import type { CommandContext } from "../output/command-context.js";

/** The marks that a cell can show. */
export type TimelineMark =
  "none" | "sent" | "many" | "caughtUp" | "skipped" | "outage" | "axis" | "tick" | "change" | "changeTick";

/** How a timeline is drawn. */
export interface TimelineStyle {
  readonly marks: Readonly<Record<TimelineMark, string>>;
  /** Ends a name that was cut off. */
  readonly ellipsis: string;
  /** Gives the text the color of the mark, or leaves it as it is. */
  readonly paint: (mark: TimelineMark, text: string) => string;
}

const PLAIN: TimelineStyle = {
  marks: {
    none: ".",
    sent: "*",
    many: "#",
    caughtUp: "+",
    skipped: "x",
    outage: ":",
    axis: "-",
    tick: "+",
    change: "|",
    changeTick: "v",
  },
  ellipsis: "~",
  paint: (_mark, text) => text,
};

const GREEN = 32;
const YELLOW = 33;
const RED = 31;
const CYAN = 36;
const DIM = 2;
const COLORS: Readonly<Record<TimelineMark, number>> = {
  none: DIM,
  sent: GREEN,
  many: GREEN,
  caughtUp: YELLOW,
  skipped: RED,
  outage: DIM,
  axis: DIM,
  tick: DIM,
  change: CYAN,
  changeTick: CYAN,
};

const COLORED: TimelineStyle = {
  marks: {
    none: "·",
    sent: "●",
    many: "█",
    caughtUp: "◆",
    skipped: "×",
    outage: "░",
    axis: "─",
    tick: "┬",
    change: "┊",
    changeTick: "▼",
  },
  ellipsis: "…",
  paint: (mark, text) => `\u001b[${COLORS[mark]}m${text}\u001b[0m`,
};

/** Colors and box drawing on a terminal; ASCII in a file or pipe, with `NO_COLOR` (no-color.org) and `TERM=dumb`. */
export function timelineStyle(context: Pick<CommandContext, "stdout" | "env">): TimelineStyle {
  return mayColor(context) ? COLORED : PLAIN;
}
