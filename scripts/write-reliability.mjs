/**
 * Writes docs/reliability.md from the files in docs/reliability.
 *
 *     npm run write-reliability
 */

import { writeFileSync } from "node:fs";
import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { currentPage, PAGE, readFigures } from "./reliability/read-figures.mjs";

orUsage(() => readCommandLine(process.argv.slice(2), { usage: "npm run write-reliability" }));
writeFileSync(PAGE, currentPage());
console.log(`wrote ${PAGE} with the figures of ${Object.keys(readFigures()).join(", ") || "no command"}`);
