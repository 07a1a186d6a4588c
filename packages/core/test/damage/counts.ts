/** What a run of damage tests did, for people. */

import type { Damage } from "./damage.js";
import { play, type Scenario, type ScenarioResult } from "./scenario.js";

export class Counts {
  readonly #phases = new Map<string, number>();
  readonly #records = new Map<string, number>();
  readonly #ways = new Map<string, number>();
  #damages = 0;
  #scenarios = 0;
  #expected = 0;
  #sent = 0;
  #broken = 0;
  #problems = 0;

  add({ phase, damages }: Scenario, { expected, sent, broken, problems }: ScenarioResult): void {
    this.#scenarios++;
    this.#damages += damages.length;
    this.#expected += expected;
    this.#sent += sent;
    this.#broken += broken;
    this.#problems += problems.length;
    count(this.#phases, phase, damages.length);
    for (const { record, part, kind } of damages) {
      count(this.#records, `${part} of ${record}`);
      count(this.#ways, kind);
    }
  }

  toString(): string {
    return [
      `${this.#damages} damaged records in ${this.#scenarios} clusters: ${this.#broken} broken and repaired, ` +
        `${this.#expected} runs of other entries expected, ${this.#sent} sent, ${this.#problems} problems`,
      `  damaged ${listOf(this.#phases)}`,
      `  what: ${listOf(this.#records)}`,
      `  how: ${listOf(this.#ways)}`,
    ].join("\n");
  }
}

function count(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort()
    .map(([key, number]) => `${key} ${number}`)
    .join(", ");
}

/** The seed, the damage and the problems. If one damaged record alone is enough, only that one is shown. */
export async function explain(scenario: Scenario, problems: readonly string[]): Promise<string> {
  const smallest = (await smallestOf(scenario)) ?? { damages: scenario.damages, problems };
  return [
    `seed ${scenario.seed}: damaged ${scenario.phase}, sent ${scenario.sending}`,
    ...smallest.damages.map((damage) => `  ${textOf(damage)}`),
    ...smallest.problems.map((problem) => `  problem: ${problem}`),
    `  to repeat it: BEATX_DAMAGE_SEED=${scenario.seed} npm run test:damage -- unit`,
  ].join("\n");
}

async function smallestOf(scenario: Scenario): Promise<{ damages: Damage[]; problems: readonly string[] } | undefined> {
  for (const damage of scenario.damages) {
    const { problems } = await play({ ...scenario, damages: [damage] });
    if (problems.length > 0) return { damages: [damage], problems };
  }
  return undefined;
}

function textOf({ record, name, part, kind, definition, cursor }: Damage): string {
  const texts = { name, definition, cursor };
  const shown = Object.entries(texts).map(([field, text]) => `${field} ${text === undefined ? "kept" : shorten(text)}`);
  return `${part} of ${record}, ${kind}: ${shown.join(", ")}`;
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text);
}
