// @ts-check
/** Shows the demo in a terminal, as one frame that is redrawn in place. Plain ASCII, in colour unless NO_COLOR is set. */

import { systemClock } from "@beatx/core";

/**
 * @typedef {import("./show.mjs").Show} Show
 * @typedef {(text: string, style: string) => string} Paint
 */

const REDRAW_EVERY_MS = 250;
/** Number of occurrences shown for each entry. */
const SHOWN_MARKS = 24;
/** Number of log lines shown. */
const SHOWN_LINES = 7;
/** Smaller terminals get plain lines. */
export const LEAST_ROWS = 24;
export const LEAST_COLUMNS = 80;

const HIDE_CURSOR = "\u001b[?25l";
export const SHOW_CURSOR = "\u001b[?25h";
/** Clears line by line, because some terminals keep a copy of a screen that is cleared as a whole. */
const CLEAR_LINE = "\u001b[K";

/** @type {Readonly<Record<string, number>>} */
const COLOURS = { a: 36, b: 33, c: 35, LEADER: 32, KILLED: 31, warning: 31, title: 1, quiet: 2 };

/**
 * @param {{ write(text: string): unknown }} output
 * @param {boolean} isColoured
 * @returns {import("./show.mjs").View}
 */
export function liveScreen(output, isColoured) {
  let height = 0;
  let drawnAtMs = -Infinity;
  /** @type {import("@beatx/core").Timer | undefined} */
  let timer;
  /** @param {Show} show */
  const draw = (show) => {
    timer?.cancel();
    drawnAtMs = systemClock.monotonicMs();
    const lines = frameOf(show, isColoured);
    const up = height === 0 ? HIDE_CURSOR : `\u001b[${height}A`;
    output.write(`${up}\r${lines.map((line) => `${line}${CLEAR_LINE}\n`).join("")}`);
    height = lines.length;
    timer = systemClock.setTimer(() => draw(show), REDRAW_EVERY_MS);
  };
  return {
    /** Draws at most about twenty frames a second. A catch-up brings many changes at once; the timer draws the last. */
    changed(show) {
      if (systemClock.monotonicMs() - drawnAtMs > 50) draw(show);
    },
    line() {},
    published() {},
    end(show) {
      draw(show);
      timer?.cancel();
      output.write(`${SHOW_CURSOR}\n`);
    },
  };
}

/**
 * @param {Show} show
 * @param {boolean} isColoured
 */
function frameOf(show, isColoured) {
  /** @type {Paint} */
  const paint = (text, style) => (isColoured && style in COLOURS ? `\u001b[${COLOURS[style]}m${text}\u001b[0m` : text);
  const title = " beatx: three processes share one schedule in a folder, no server";
  // A line that the terminal wraps would break the redraw, which counts it as one.
  const recent = show.log.slice(-SHOWN_LINES).map((line) => line.slice(0, LEAST_COLUMNS - 1));
  return [
    paint(title.padEnd(70) + show.elapsed.padStart(8), "title"),
    "",
    paint(" node   process  role        sent", "quiet"),
    ...[...show.nodes.values()].map((node) => nodeLine(node, paint)),
    show.isLed || show.hasEnded ? "" : paint(" no leader", "warning"),
    "",
    paint(" a, b, c: sent by that node    A, B, C: missed, sent later    . : not sent yet", "quiet"),
    ...[...show.entries.values()].map((entry) => entryLine(entry, show.marksOf(entry), paint)),
    "",
    ...recent,
    ...Array.from({ length: SHOWN_LINES - recent.length }, () => ""),
  ];
}

/**
 * @param {import("./show.mjs").NodeState} node
 * @param {Paint} paint
 */
function nodeLine({ name, pid, role, note, sent }, paint) {
  const cells = [paint(name.padEnd(5), name), String(pid).padEnd(7), paint(role.padEnd(9), role)];
  return ` ${cells.join("  ")}  ${String(sent).padStart(5)}   ${note}`.trimEnd();
}

/**
 * @param {import("./show.mjs").EntryState} entry
 * @param {readonly (import("./show.mjs").Mark | null)[]} marks
 * @param {Paint} paint
 */
function entryLine({ name, rule, last }, marks, paint) {
  const shown = marks.slice(-SHOWN_MARKS);
  const letters = shown.map((mark) => {
    if (!mark) return paint(".", "warning");
    return paint(mark.isCaughtUp ? mark.node.toUpperCase() : mark.node, mark.node);
  });
  const padding = " ".repeat(SHOWN_MARKS - shown.length);
  return ` ${name.padEnd(13)}  ${String(rule).padEnd(9)}  ${letters.join("")}${padding}  ${paint(last, "quiet")}`.trimEnd();
}
