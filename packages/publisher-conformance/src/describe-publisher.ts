import type { PublisherUnderTest } from "./publisher-case.js";
import { publisherCases } from "./publisher-cases.js";
import { runCase } from "./run-case.js";

/** `describe` and `it` of vitest, `node:test`, or any runner with the same signatures. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: (...context: unknown[]) => Promise<void>, timeoutMs: number) => unknown;
}

/** At least ten times what any case takes on an idle machine. */
const CASE_TIMEOUT_MS = 180_000;

/**
 * Declares the whole suite, one `describe` per topic. A case about something that the publisher or the subject does not
 * offer is reported as skipped; there is no other way to leave one out.
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

/** vitest and node:test give each test a context with `skip`. Without one, a case that does not apply counts as passed. */
function skip(context: unknown): void {
  if (canSkip(context)) context.skip("the publisher does not offer this");
}

function canSkip(context: unknown): context is { skip(note: string): void } {
  return typeof context === "object" && context !== null && "skip" in context && typeof context.skip === "function";
}
