import type { Fault, RunRecord } from "../checker/record.js";

/** What happened in a run, one line for each fault, in the order of time. */
export function storyOf({ faults, from }: RunRecord): string[] {
  const sorted = faults.toSorted((a, b) => a.from - b.from);
  return sorted.map((fault) => `  ${seconds(fault.from - from)}  ${tell(fault)}${duration(fault)}`);
}

/** `+12.3 s` */
export function seconds(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${(Math.abs(ms) / 1_000).toFixed(1)} s`.padStart(9);
}

function duration({ from, to, kind }: Fault): string {
  return to - from < 100 || kind === "kill" ? "" : `, for ${((to - from) / 1_000).toFixed(1)} s`;
}

function tell({ kind, node, server, stepMs = 0 }: Fault): string {
  const who = node === undefined ? "" : `: node ${node}`;
  const where = server === undefined ? "" : node === undefined ? `: ${server}` : ` and its ${server}`;
  const how = kind === "clock-step" ? `, ${stepMs} ms` : "";
  return `${kind}${who}${where}${how}`;
}
