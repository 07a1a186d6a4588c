import type { CeleryRecord } from "@beatx/test-servers";
import { parseSchedule } from "@beatx/core";

/** One execution of an occurrence. */
export interface Run {
  readonly id: string;
  readonly entry: string;
  readonly scheduledAt: number;
}

/** The worker's executions, from the headers of their messages. */
export function runsOf(records: readonly CeleryRecord[]): Run[] {
  return records.map(({ id, headers }) => {
    return {
      id,
      entry: String(headers["beatx-entry"]),
      scheduledAt: Date.parse(String(headers["beatx-scheduled-at"])),
    };
  });
}

/** Occurrences (`entry@instant`) that ran more than once. */
export function repeated(runs: readonly Run[]): string[] {
  const seen = new Set<string>();
  return runs
    .map(({ entry, scheduledAt }) => `${entry}@${new Date(scheduledAt).toISOString()}`)
    .filter((key) => seen.size === seen.add(key).size);
}

/** Occurrences of these schedules after `from` and up to `to` (epoch ms) that did not run. */
export function missing(
  runs: readonly Run[],
  schedule: Readonly<Record<string, { readonly schedule: string }>>,
  from: number,
  to: number,
): string[] {
  const ran = new Set(runs.map(({ entry, scheduledAt }) => `${entry}@${scheduledAt}`));
  return Object.entries(schedule).flatMap(([entry, { schedule: text }]) => {
    const rule = parseSchedule(text);
    const absent = [];
    for (let instant = rule.next(from); instant !== null && instant <= to; instant = rule.next(instant)) {
      if (!ran.has(`${entry}@${instant}`)) absent.push(`${entry}@${new Date(instant).toISOString()}`);
    }
    return absent;
  });
}
