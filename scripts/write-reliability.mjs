/**
 * Writes docs/reliability.md from the files in docs/reliability.
 *
 *     npm run write-reliability
 */

import { writeFileSync } from "node:fs";
import { currentPage, PAGE, readFigures } from "./reliability/read-figures.mjs";

writeFileSync(PAGE, currentPage());
console.log(`wrote ${PAGE} with the figures of ${Object.keys(readFigures()).join(", ") || "no command"}`);
