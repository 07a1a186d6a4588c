import type { EntryInput } from "@beatx/core";

/** What the judge has to know of an entry, without asking core: it stands in the entry's own arguments. */
export interface EntryFacts {
  /** The period of the rule, in ms. 0: it is due once. */
  readonly periodMs: number;
  /** Which writing of the entry this is. */
  readonly version: number;
}

/** An entry of the simulation. Its arguments are its facts, so messages and definitions carry them. */
export function entryOf({ periodMs, version }: EntryFacts, at: number, more: Partial<EntryInput> = {}): EntryInput {
  const schedule = periodMs === 0 ? { type: "clocked", at: new Date(at).toISOString() } : `${periodMs / 1_000}s`;
  return { task: "simulated.task", schedule, args: [periodMs, version], ...more };
}

/** The facts in the arguments of a message or a definition. */
export function factsIn(args: unknown): EntryFacts {
  const [periodMs, version] = args as [number, number];
  return { periodMs, version };
}

/** Names one writing of an entry: its version, and the reset that came with it. */
export function writingOf(args: unknown, resetId: string | undefined): string {
  return `${factsIn(args).version} ${resetId ?? "never reset"}`;
}

/** Number of instants in the range above `after` up to `until`, epoch ms, of a rule with this period. */
export function instantsIn(after: number, until: number, periodMs: number): number {
  return Math.max(0, Math.floor(until / periodMs) - Math.floor(after / periodMs));
}

/** The name under which an entry of the configuration is stored (R47). */
export function storedName(app: string | undefined, name: string): string {
  return app === undefined ? name : `${app}/${name}`;
}

/** Whether the stored name is one that configurations use. */
export function isOfConfiguration(name: string): boolean {
  return /^(?:\w+\/)?config-\d+$/.test(name);
}

/** Name and fields of the entries of one version of the configuration. */
export function configurationOf(periods: readonly number[], version: number): Record<string, EntryInput> {
  const entries = periods.map((periodMs, index): [string, EntryInput] => {
    const missed = index % 2 === 0 ? { missed: "all" as const, maxCatchUp: 10_000 } : {};
    return [`config-${index + 1}`, entryOf({ periodMs, version }, 0, missed)];
  });
  return Object.fromEntries(entries);
}
