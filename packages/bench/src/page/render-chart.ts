import { showNumber } from "../figures/text-table.js";
import type { RowFigures, WorkFigures } from "../figures/work-figures.js";

const WIDTH = 760;
const LABELS = 290;
const BARS = 360;
const ROW = 24;
const TOP = 36;
/** Values that differ by more than this are drawn on a logarithmic scale. */
const LINEAR_RANGE = 50;

const STYLE = [
  "text{font:13px system-ui,sans-serif;fill:#24292f}",
  ".limit{fill:#8c959f}.beatx{fill:#0969da}.peer{fill:#bf8700}.range{stroke:#24292f}",
  "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.range{stroke:#e6edf3}}",
].join("");

/** A drawing of the first column: a bar for each row, and a line from the smallest to the largest round. `null`: no row has it. */
export function renderChart({ title, columns, rows }: Pick<WorkFigures, "title" | "columns" | "rows">): string | null {
  const drawn = rows.filter(({ figures }) => figures[0] !== null && figures[0]!.median > 0);
  if (drawn.length === 0) return null;
  const scale = scaleOf(drawn);
  const height = TOP + drawn.length * ROW + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escape(`${title}: ${columns[0]!}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<text x="8" y="20">${escape(`${columns[0]!}${scale.isLogarithmic ? " (logarithmic)" : ""}`)}</text>`,
    ...drawn.map((row, index) => bar(row, TOP + index * ROW, scale.lengthOf)),
    "</svg>",
    "",
  ].join("\n");
}

interface Scale {
  readonly isLogarithmic: boolean;
  /** Length of a bar. */
  readonly lengthOf: (value: number) => number;
}

function scaleOf(rows: readonly RowFigures[]): Scale {
  const medians = rows.map(({ figures }) => figures[0]!.median);
  const [smallest, largest] = [Math.min(...medians), Math.max(...rows.map(({ figures }) => figures[0]!.max))];
  if (Math.max(...medians) / smallest <= LINEAR_RANGE) {
    return { isLogarithmic: false, lengthOf: (value) => (value / largest) * BARS };
  }
  // The smallest bar keeps a visible length.
  const from = Math.log10(smallest) - 0.3;
  const range = Math.log10(largest) - from;
  return { isLogarithmic: true, lengthOf: (value) => (Math.max(0, Math.log10(value) - from) / range) * BARS };
}

function bar({ title, kind, figures }: RowFigures, y: number, lengthOf: (value: number) => number): string {
  const { median, min, max } = figures[0]!;
  const end = LABELS + lengthOf(max);
  const middle = y + ROW / 2;
  const from = LABELS + lengthOf(Math.max(min, Number.MIN_VALUE));
  const range = min < max ? `<path class="range" d="M${round(from)} ${middle}H${round(end)}"/>` : "";
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escape(title)}</text>`,
    `<rect class="${kind}" x="${LABELS}" y="${y + 4}" width="${round(lengthOf(median))}" height="${ROW - 8}"/>`,
    range,
    `<text x="${round(end + 8)}" y="${middle + 4}">${showNumber(median)}</text>`,
  ].join("");
}

function round(value: number): string {
  return value.toFixed(1);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
