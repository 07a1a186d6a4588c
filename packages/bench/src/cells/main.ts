/** The process of one cell: gets its name and options, and answers with what it measured. */

import type { CellOptions, CellResult } from "./cell.js";
import { type CellName, CELLS } from "./registry.js";

/** What the process is asked, once. */
export interface CellRequest {
  readonly cell: CellName;
  readonly options: CellOptions;
}

/** Its answer. */
export type CellAnswer = { readonly result: CellResult } | { readonly error: string };

async function run({ cell, options }: CellRequest): Promise<CellAnswer> {
  try {
    return { result: await (await CELLS[cell]())(options) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.once("message", (request: CellRequest) => {
  // A cell leaves timers and connections behind: the process ends with its answer.
  void run(request).then((answer) => process.send!(answer, () => process.exit(0)));
});
// Whoever started this process is gone.
process.once("disconnect", () => process.exit(1));
