import { isoTime } from "../output/format-time.js";
import type { Simulation } from "./simulation.js";

/** A simulation as one JSON document, with all its runs and ISO 8601 times. `takeOver`: what a take-over coalesces. */
export function simulationJson({ range, runs, entries }: Simulation, takeOver: string | null): string {
  const span = ({ from, to }: { from: number; to: number }): object => ({ from: isoTime(from), to: isoTime(to) });
  const document = {
    ...span(range),
    timezone: range.zone,
    outages: range.outages.map(span),
    ...(takeOver === null ? {} : { takeOver }),
    entries: entries.map(({ note, atLeast, ...counts }) => ({
      ...counts,
      ...(atLeast ? { atLeast } : {}),
      ...(note === "" ? {} : { note }),
    })),
    runs: runs.map((run) => ({ ...run, at: isoTime(run.at), scheduledAt: isoTime(run.scheduledAt) })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
