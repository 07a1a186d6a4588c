import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProcess, temporaryFolder } from "@beatx/test-servers";
import { describe, expect, it, onTestFinished } from "vitest";

const COMMAND = fileURLToPath(new URL("../dist/main.js", import.meta.url));
/** Fixed, so that a failure is never a matter of the draw. `npm run chaos` draws new ones. */
const SEED = Number(process.env["BEATX_TEST_SEED"] ?? 4711);
/** One of each class, and each store. */
const PAIRS = "redis/celery-same-redis,memcached/celery-redis,redis/bullmq,lmdb/celery-redis";

interface Outcome {
  readonly figures: { pair: string; due: number; sent: number; faults: Record<string, number>; missed: object };
  readonly violations: readonly { deviation: string }[];
}

/** Runs the built command; answers what it wrote, and what it printed. */
async function chaos(...args: string[]): Promise<{ outcomes: Outcome[]; output: string }> {
  const folder = await temporaryFolder("chaos-figures");
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "figures.json");
  const all = [COMMAND, "--only", PAIRS, "--seed", String(SEED), "--parallel", "4", "--json", file, ...args];
  const child = await runProcess(process.execPath, all, { install: "npm run build" });
  const how = await child.ended;
  const output = `${child.output()}\n${how}`;
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`the command wrote no figures:\n${output}`);
  });
  return { outcomes: JSON.parse(text) as Outcome[], output };
}

/** A machine that is slow in a way nobody measures makes messages late, but does nothing else. */
function brokenPromises({ violations }: Outcome): unknown[] {
  return violations.filter(({ deviation }) => deviation !== "late");
}

describe(`chaos on real servers (seed ${SEED})`, () => {
  it("finds nothing missed, repeated, early or unasked for in a run without faults", async () => {
    const { outcomes, output } = await chaos("--minutes", "0.25", "--quiet");
    expect(outcomes.map(brokenPromises), output).toEqual([[], [], [], []]);
    for (const { figures } of outcomes) {
      expect(figures.due, output).toBeGreaterThan(20);
      expect(figures.sent, output).toBeGreaterThanOrEqual(figures.due - sum(figures.missed));
      expect(figures.faults).toEqual({});
    }
  });

  it("finds only what a fault and a rule explain in a run with faults", async () => {
    const { outcomes, output } = await chaos("--minutes", "0.5");
    expect(outcomes.map(brokenPromises), output).toEqual([[], [], [], []]);
    for (const { figures } of outcomes) {
      expect(sum(figures.faults), output).toBeGreaterThanOrEqual(2);
      expect(figures.sent, output).toBeGreaterThan(0);
    }
  });
});

function sum(counts: object): number {
  return Object.values(counts).reduce((total: number, each: number) => total + each, 0);
}
