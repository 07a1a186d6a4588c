import type { MissedPolicy } from "../checker/record.js";

/** The settings of all nodes. A short ttl, so that many faults fit into an hour. */
export const SETTINGS = { namespace: "chaos", lockTtlMs: 3_000, standbyPollMs: 1_000 };

/** L is at most this: the default that belongs to the ttl. */
export const COMMAND_TIMEOUT_MS = 700;

/** When and how an entry runs. */
export interface Plan {
  readonly everyMs: number;
  readonly missed: MissedPolicy;
}

const STEADY: Readonly<Record<string, Plan>> = {
  "steady-1": { everyMs: 1_000, missed: "all" },
  "steady-2": { everyMs: 2_000, missed: "all" },
  "steady-3": { everyMs: 3_000, missed: "all" },
  newest: { everyMs: 1_000, missed: "latest" },
  fresh: { everyMs: 2_000, missed: "skip" },
};

/** The entries of a version of the configuration: one of them changes with each. */
export function plansOf(version: number): Readonly<Record<string, Plan>> {
  return { ...STEADY, rolled: { everyMs: 2_000 + (version % 2) * 1_000, missed: "all" } };
}

/** The entry as a user writes it. */
export function entryOf({ everyMs, missed }: Plan): {
  task: string;
  schedule: string;
  missed: MissedPolicy;
  maxCatchUp: number;
} {
  return { task: "chaos.run", schedule: `${everyMs / 1_000}s`, missed, maxCatchUp: 1_000 };
}

/** The options of a node that name its configuration. */
export function configuration(version: number): { configVersion: number; schedule: object } {
  const entries = Object.entries(plansOf(version)).map(([name, plan]) => [name, entryOf(plan)]);
  return { configVersion: version, schedule: Object.fromEntries(entries) };
}
