import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkFigures } from "../figures/work-figures.js";
import { worksOf } from "../works/index.js";
import { renderChart } from "./render-chart.js";
import { type Misses, renderPage } from "./render-page.js";

const DOCS = fileURLToPath(new URL("../../../../docs/", import.meta.url));
const FOLDER = `${DOCS}performance/`;

/** Where the page is. */
export const PAGE: string = `${DOCS}performance.md`;

/** What was recorded, by work. */
export function readFigures(): Map<string, WorkFigures> {
  const recorded = worksOf("full").filter(({ name }) => existsSync(`${FOLDER}${name}.json`));
  return new Map(recorded.map(({ name }) => [name, readJson(`${name}.json`) as WorkFigures]));
}

/** Why targets are missed: docs/performance/misses.json, written by people. */
export function readMisses(): Misses {
  return readJson("misses.json") as Misses;
}

/** The texts of the page and the charts as they have to be now, by path. */
export function currentFiles(): Map<string, string> {
  const figures = readFigures();
  const charts = [...figures].flatMap(([name, recorded]) => {
    const chart = renderChart(recorded);
    return chart === null ? [] : [[`${FOLDER}${name}.svg`, chart] as const];
  });
  return new Map([[PAGE, renderPage(worksOf("full"), figures, readMisses())], ...charts]);
}

/** Writes page and charts from what is recorded. Returns their paths. */
export function writeFiles(): string[] {
  const files = currentFiles();
  for (const [path, text] of files) writeFileSync(path, text);
  return [...files.keys()];
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}${name}`, "utf8"));
}
