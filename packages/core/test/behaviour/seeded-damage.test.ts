/**
 * Damaged texts of every kind in every record, read by real nodes under a fake clock. Each seed is one cluster with some
 * damaged records. No damage may cost another entry a run, end a term or stay without a way out.
 */

import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";

import { Counts, explain } from "../damage/counts.js";
import { HangWatch } from "../damage/hang-watch.js";
import { drawScenario, play as playScenario } from "../damage/scenario.js";

/** Only this seed is played. */
const ONLY_SEED = process.env["BEATX_DAMAGE_SEED"];
/** The long form: new seeds are played for this time. */
const SECONDS = Number(process.env["BEATX_DAMAGE_SECONDS"] ?? 0);
const SEEDS_PER_TEST = 25;
const TESTS = 10;

const counts = new Counts();
const watch = new HangWatch();
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

async function problemsOf(seed: number): Promise<string[]> {
  watch.playing(`damage of seed ${seed}`);
  const scenario = drawScenario(seed);
  const result = await playScenario(scenario);
  const problems = [
    ...result.problems,
    ...unhandled.splice(0).map((reason) => `unhandled rejection: ${String(reason)}`),
  ];
  counts.add(scenario, { ...result, problems });
  return problems.length === 0 ? [] : [await explain(scenario, problems)];
}

beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => void process.off("unhandledRejection", note));
afterAll(async () => {
  await watch.end();
  console.log(String(counts));
});

/** Seeds from `first`, as many as `more` wants; each failed one with its damage. */
async function play(first: number, more: (seed: number, failed: number) => boolean): Promise<string> {
  const problems: string[] = [];
  for (let seed = first; more(seed, problems.length); seed++) problems.push(...(await problemsOf(seed)));
  return problems.join("\n");
}

describe("damaged records", () => {
  if (ONLY_SEED !== undefined) {
    const only = Number(ONLY_SEED);
    it(`cost no other entry a run (seed ${only})`, async () => {
      expect(await play(only, (seed) => seed === only)).toBe("");
    });
  } else if (SECONDS > 0) {
    it(`cost no other entry a run (${SECONDS} s)`, { timeout: SECONDS * 1_000 + 120_000 }, async () => {
      const until = performance.now() + SECONDS * 1_000;
      const first = Math.floor(Math.random() * 2 ** 31);
      expect(await play(first, (_seed, failed) => failed < 10 && performance.now() < until)).toBe("");
    });
  } else {
    const tests = Array.from({ length: TESTS }, (_, test) => test * SEEDS_PER_TEST);
    it.each(tests)(
      `cost no other entry a run, and can be repaired (${SEEDS_PER_TEST} seeds from %i)`,
      async (first) => {
        expect(await play(first, (seed) => seed < first + SEEDS_PER_TEST)).toBe("");
      },
    );
  }
});
