import type { PublisherUnderTest } from "./publisher-case.js";
import { publisherCases } from "./publisher-cases.js";
import { runCase } from "./run-case.js";

/** `describe` and `it` of vitest, of `node:test`, or of any runner that is called alike. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: (...context: unknown[]) => Promise<void>, timeoutMs: number) => unknown;
}

/** No case takes a tenth of it on an idle machine; a slow one is given its time. */
const CASE_TIMEOUT_MS = 180_000;

/**
 * Declares the whole suite, one `describe` per topic. Cases about what the publisher or the subject does not offer are
 * reported as skipped; there is no other way to leave one out.
 */
export function describePublisher({ describe, it }: TestRunner, subject: PublisherUnderTest): void {
  const topics = new Set(publisherCases.map(({ topic }) => topic));
  for (const topic of topics) {
    describe(`publisher contract: ${topic}`, () => {
      for (const publisherCase of publisherCases.filter((candidate) => candidate.topic === topic)) {
        const body = async (...context: unknown[]): Promise<void> => {
          if (!(await runCase(publisherCase, subject))) skip(context[0]);
        };
        it(publisherCase.name, body, CASE_TIMEOUT_MS);
      }
    });
  }
}

/** vitest and node:test hand a context with `skip` to each test; where there is none, the case counts as passed. */
function skip(context: unknown): void {
  if (canSkip(context)) context.skip("the publisher does not offer this");
}

function canSkip(context: unknown): context is { skip(note: string): void } {
  return typeof context === "object" && context !== null && "skip" in context && typeof context.skip === "function";
}
