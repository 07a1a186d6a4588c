import type { Progress } from "./run-work.js";

/** Where progress is shown. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): void;
}

/** Shows the cell that runs, and then how long it took: in one line that changes on a terminal, else a line for each cell. */
export function showProgress(output: Output, total: number, now: () => number = () => performance.now()): Progress {
  let done = 0;
  let startedAt = 0;
  let text = "";
  const begun = now();
  return {
    begin({ name }, round, { id }) {
      startedAt = now();
      done += 1;
      text = `[${done}/${total}, ${seconds(now() - begun)}] ${name}, round ${round}: ${id}`;
      if (output.isTTY) output.write(`\r\u001b[K${text}`);
    },
    end(outcome) {
      const problem = "error" in outcome ? `failed: ${outcome.error.split("\n")[0]!}` : undefined;
      if (output.isTTY) output.write(problem === undefined ? "\r\u001b[K" : `\r\u001b[K${text}, ${problem}\n`);
      else output.write(`${text}, ${problem ?? seconds(now() - startedAt)}\n`);
    },
    note: (line) => output.write(`${line}\n`),
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
