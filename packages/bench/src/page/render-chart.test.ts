import { describe, expect, it } from "vitest";
import type { RowFigures } from "../figures/work-figures.js";
import { renderChart } from "./render-chart.js";

const row = (title: string, value: number | null, max = value ?? 0): RowFigures => ({
  id: title,
  title,
  kind: "beatx",
  rounds: 1,
  figures: [value === null ? null : { median: value, min: value, max }],
  commands: {},
});
const chart = (rows: readonly RowFigures[]): string => renderChart({ title: "a < b", columns: ["speed"], rows })!;
const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe("a chart", () => {
  it("has bars as long as their values", () => {
    const [one, two] = widths(chart([row("one", 1), row("two", 2)]));
    expect(two).toBeCloseTo(2 * one!, 0);
  });

  it("has a logarithmic scale, and says so, if the values lie far apart", () => {
    const svg = chart([row("one", 1), row("ten", 10), row("hundred", 100)]);
    const [one, ten, hundred] = widths(svg);
    expect(svg).toContain("speed (logarithmic)");
    expect(hundred! - ten!).toBeCloseTo(ten! - one!, 0);
  });

  it("marks the range of rounds that differ", () => {
    expect(chart([row("one", 1)])).not.toContain('class="range" d=');
    expect(chart([row("one", 1, 2)])).toContain('class="range" d=');
  });

  it("leaves out rows without a value, and there is none without rows", () => {
    expect(widths(chart([row("one", 1), row("none", null)]))).toHaveLength(1);
    expect(renderChart({ title: "t", columns: ["speed"], rows: [row("none", null)] })).toBeNull();
  });

  it("shows texts as they are", () => {
    expect(chart([row("R&D <x>", 1)])).toContain("R&amp;D &lt;x&gt;");
  });
});
