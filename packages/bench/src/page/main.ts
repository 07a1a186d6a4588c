/**
 * Writes docs/performance.md and its charts from the files in docs/performance.
 *
 *     npm run write-performance
 */

import { orUsage, readCommandLine } from "@beatx/test-servers/command-line";
import { writeFiles } from "./files.js";

orUsage(() => readCommandLine(process.argv.slice(2), { usage: "npm run write-performance" }));

for (const path of writeFiles()) console.log(`wrote ${path}`);
