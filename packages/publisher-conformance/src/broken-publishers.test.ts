import assert from "node:assert/strict";
import { BeatxError } from "@beatx/core";
import { describe, it } from "vitest";
import { brokenPublishers } from "../test/broken-publishers.js";
import type { PublisherCase } from "./publisher-case.js";
import { publisherCases } from "./publisher-cases.js";
import { runCase } from "./run-case.js";

/** Some cases wait in vain for a broken publisher. No publisher here is slow, so a short wait is enough. */
const PATIENCE_MS = 300;

function caseNamed(name: string): PublisherCase {
  const found = publisherCases.find((candidate) => candidate.name === name);
  assert.ok(found, `there is no case "${name}"`);
  return found;
}

describe("the publisher suite finds a publisher that", () => {
  for (const { flaw, caughtBy, subject } of brokenPublishers) {
    it.concurrent(`${flaw} (${caughtBy})`, async () => {
      const outcome: unknown = await runCase(caseNamed(caughtBy), { ...subject(), patienceMs: PATIENCE_MS }).catch(
        (error: unknown) => error,
      );
      assert.notEqual(outcome, true, "the case passed");
      assert.notEqual(outcome, false, "the case was skipped");
      const isFinding = outcome instanceof assert.AssertionError || BeatxError.isInstance(outcome);
      assert.ok(isFinding, `the broken publisher itself failed: ${String(outcome)}`);
    });
  }
});

describe("the publisher suite", () => {
  it("gives each case a name of its own", () => {
    assert.equal(new Set(publisherCases.map(({ name }) => name)).size, publisherCases.length);
  });

  it("finds a broken publisher with every case", () => {
    const found = new Set(brokenPublishers.map(({ caughtBy }) => caughtBy));
    assert.deepEqual(
      publisherCases.map(({ name }) => name).filter((name) => !found.has(name)),
      [],
    );
  });
});
