import type { StoreUnderTest } from "./cases/conformance-case.js";
import { conformanceCases } from "./cases/all-cases.js";
import { runCase } from "./run-case.js";

/** `describe` and `it` of vitest, `node:test`, or any runner with the same signatures. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: (...context: unknown[]) => Promise<void>, timeoutMs: number): unknown;
}

/** At least ten times what any case takes on an idle machine. */
const CASE_TIMEOUT_MS = 120_000;

/**
 * Declares the whole suite, one `describe` per topic. A case about a capability or optional method that the store does not
 * offer is reported as skipped; there is no other way to leave one out.
 */
export function describeStore({ describe, it }: TestRunner, subject: StoreUnderTest): void {
  const topics = new Set(conformanceCases.map(({ topic }) => topic));
  for (const topic of topics) {
    describe(`store contract: ${topic}`, () => {
      for (const conformanceCase of conformanceCases.filter((candidate) => candidate.topic === topic)) {
        const body = async (...context: unknown[]): Promise<void> => {
          if (!(await runCase(conformanceCase, subject))) skip(context[0]);
        };
        it(conformanceCase.name, body, CASE_TIMEOUT_MS);
      }
    });
  }
}

/** vitest and node:test give each test a context with `skip`. Without one, a case that does not apply counts as passed. */
function skip(context: unknown): void {
  if (canSkip(context)) context.skip("the store does not offer this");
}

function canSkip(context: unknown): context is { skip(note: string): void } {
  // vitest's context is a function with properties.
  const holdsMethods = (typeof context === "object" && context !== null) || typeof context === "function";
  return holdsMethods && "skip" in context && typeof context.skip === "function";
}
