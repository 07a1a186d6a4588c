/** What a scenario damages: one record each, drawn from the seed. */

import { CLUSTER_RECORD, RUN_PREFIX } from "../../src/entry/definition.js";
import { LEADER_REPORT } from "../../src/entry/leader-report.js";
import { damagedText, pick } from "./damaged-text.js";

export type DamagedRecord =
  "entry" | "requested run" | "tombstone" | "cluster record" | "leader report" | "reserved name";

export interface Damage {
  readonly record: DamagedRecord;
  readonly name: string;
  readonly part: "definition" | "cursor";
  /** How it is damaged. */
  readonly kind: string;
  /** The text to write; `undefined`: what is stored stays, or a valid one is written if nothing is. */
  readonly definition: string | undefined;
  /** `undefined`: it stays. */
  readonly cursor: string | undefined;
}

/** The start of every scenario, epoch ms. */
export const START = Date.parse("2030-01-01T00:00:00Z");

/** Rules of the entries that are damaged. */
const RULES: readonly unknown[] = [
  { type: "interval", everyMs: 5_000 },
  { type: "interval", everyMs: 3_600_000, anchor: "2030-01-01T00:00:00.000Z" },
  { type: "crontab", expression: "* * * * *", timezone: "UTC" },
  { type: "crontab", expression: "0 7 * * mon-fri", timezone: "Europe/Berlin" },
  { type: "clocked", at: "2030-01-01T00:00:20.000Z" },
];

const POLICIES: readonly object[] = [
  {},
  { missed: "all" },
  { missed: "skip", deadlineMs: 5_000 },
  { maxRuns: 3, whenDone: "remove" },
  {
    jitterMs: 1_000,
    spreadMs: 500,
    args: [1],
    kwargs: { a: { b: [null] } },
    expiresMs: 60_000,
    description: "text",
    tags: ["a"],
  },
  { startAt: START - 1_000, endAt: START + 3_600_000, firstRun: "now" },
];

type Random = () => number;

function entryJson(random: Random): object {
  return { task: "t.damaged", schedule: pick(random, RULES), ...pick(random, POLICIES) };
}

export function validDefinition(random: Random, record: DamagedRecord): string {
  return JSON.stringify({ format: 1, ...definitionOf(random, record) });
}

function definitionOf(random: Random, record: DamagedRecord): object {
  const entry = entryJson(random);
  switch (record) {
    case "entry":
    case "reserved name": {
      const source = pick(random, ["api", "config"]);
      return { kind: "entry", source, effectiveFrom: START, paused: false, overridden: false, entry };
    }
    case "requested run":
      return { kind: "run", of: "other", id: "0b7ad1c5-7c1e-4a0e-9d0f-5f3c1e2d4b6a", requestedAt: START, entry };
    case "tombstone":
      return { kind: "removed", removedAt: START - 1_000 };
    case "cluster record":
      return { kind: "cluster", configVersion: null, lockTtlMs: 15_000, delivery: "at-least-once" };
    case "leader report": {
      const publisher = { name: "p", state: "failing", since: START, message: "down" };
      const failing = [{ entry: "other", message: "refused", since: START }];
      return { kind: "leader-report", fence: START, publisher, warnings: ["w"], failing, failingCount: 1 };
    }
  }
}

function validCursor(random: Random): string {
  const claims = random() < 0.3 ? { pending: random() < 0.5 ? START : null, uncertain: 1 } : {};
  return JSON.stringify({ at: START, runs: 1, skipped: 0, fence: START, sentAt: START + 5, ...claims });
}

/** Names that a client or configuration refuses, or that code stumbles over. */
const ODD_NAMES: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "line\nbreak",
  "a\u0000b",
  "\u001b[31mred",
  "\ud800",
  "x".repeat(513),
  "y".repeat(20_000),
  "@beatx/",
  "@beatx/run/",
  "@beatx/cluster ",
];

/** Names that the configuration of the nodes has: a leader may heal these entries by its merge. */
export const CONFIGURED: readonly string[] = ["configured-1", "configured-2"];

function nameOf(random: Random, record: DamagedRecord, index: number): string {
  if (record === "cluster record") return CLUSTER_RECORD;
  if (record === "leader report") return LEADER_REPORT;
  if (record === "requested run") return `${RUN_PREFIX}damaged-${index}`;
  if (record === "reserved name") return `@beatx/damaged-${index}`;
  const fate = random();
  if (fate < 0.2) return pick(random, CONFIGURED);
  return fate < 0.3 ? pick(random, ODD_NAMES) : `damaged-${index}`;
}

const RECORDS: readonly DamagedRecord[] = [
  "entry", "entry", "entry", "requested run", "tombstone", "reserved name", "leader report",
]; // prettier-ignore

/** `index`: of the damage in its scenario; the first may hit the cluster record. */
export function drawDamage(random: Random, index: number): Damage {
  const record = index === 0 && random() < 0.5 ? "cluster record" : pick(random, RECORDS);
  const name = nameOf(random, record, index);
  if (random() < 0.5) {
    const { kind, text } = damagedText(random, validDefinition(random, record));
    return { record, name, part: "definition", kind, definition: text, cursor: undefined };
  }
  const { kind, text } = damagedText(random, validCursor(random));
  const definition = record === "cluster record" ? undefined : validDefinition(random, record);
  return { record, name, part: "cursor", kind, definition, cursor: text };
}

/** A cluster record of a newer format: nodes of this version stand by until it is gone (R38). */
export function isNewer({ record, definition }: Pick<Damage, "record" | "definition">): boolean {
  if (record !== "cluster record" || definition === undefined) return false;
  try {
    const format = (JSON.parse(definition) as { format?: unknown } | null)?.format;
    return Number.isInteger(format) && (format as number) > 1;
  } catch {
    return false;
  }
}
