import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readJson, root } from "../workspace.mjs";
import { RECORDERS } from "./fill-figures.mjs";
import { renderPage } from "./render-page.mjs";

const FOLDER = "docs/reliability";

/** Where the page is. */
export const PAGE = join(root, "docs", "reliability.md");

/** The promises of README with what supports them: docs/reliability/promises.json. */
export function readPromises() {
  return readJson(`${FOLDER}/promises.json`);
}

/** What the commands have recorded, by file name. */
export function readFigures() {
  const recorded = Object.keys(RECORDERS).filter((name) => existsSync(join(root, FOLDER, `${name}.json`)));
  return Object.fromEntries(recorded.map((name) => [name, readJson(`${FOLDER}/${name}.json`)]));
}

/** The page as it has to be now. */
export function currentPage() {
  return renderPage(readPromises(), readFigures());
}

/** README.md as it is. */
export function readReadme() {
  return readFileSync(join(root, "README.md"), "utf8");
}
