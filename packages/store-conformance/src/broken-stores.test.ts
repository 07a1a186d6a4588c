import assert from "node:assert/strict";
import { BeatxError } from "@beatx/core/adapter";
import { describe, it } from "vitest";
import { brokenClients } from "../test/broken/broken-clients.js";
import { brokenDefinitions } from "../test/broken/broken-definitions.js";
import { brokenHistories } from "../test/broken/broken-histories.js";
import { brokenLocks } from "../test/broken/broken-locks.js";
import { brokenMoves } from "../test/broken/broken-moves.js";
import { brokenNames } from "../test/broken/broken-names.js";
import { brokenPages } from "../test/broken/broken-pages.js";
import { brokenReadings } from "../test/broken/broken-readings.js";
import { brokenTerms } from "../test/broken/broken-terms.js";
import type { ConformanceCase } from "./cases/conformance-case.js";
import { conformanceCases } from "./cases/all-cases.js";
import { runCase } from "./run-case.js";

const brokenStores = [
  ...brokenLocks,
  ...brokenTerms,
  ...brokenDefinitions,
  ...brokenReadings,
  ...brokenNames,
  ...brokenPages,
  ...brokenMoves,
  ...brokenHistories,
  ...brokenClients,
].flatMap(({ flaw, caughtBy, subject }) => [caughtBy].flat().map((name) => ({ flaw, caughtBy: name, subject })));

function caseNamed(name: string): ConformanceCase {
  const found = conformanceCases.find((candidate) => candidate.name === name);
  assert.ok(found, `there is no case "${name}"`);
  return found;
}

describe("the store suite finds a store that", () => {
  for (const { flaw, caughtBy, subject } of brokenStores) {
    it(`${flaw} (${caughtBy})`, async () => {
      const outcome: unknown = await runCase(caseNamed(caughtBy), subject()).catch((error: unknown) => error);
      assert.notEqual(outcome, true, "the case passed");
      assert.notEqual(outcome, false, "the case was skipped");
      const isFinding = outcome instanceof assert.AssertionError || BeatxError.isInstance(outcome);
      assert.ok(isFinding, `the broken store itself failed: ${String(outcome)}`);
    });
  }
});

describe("the store suite", () => {
  it("gives each case a name of its own", () => {
    assert.equal(new Set(conformanceCases.map(({ name }) => name)).size, conformanceCases.length);
  });

  it("finds a broken store in every topic", () => {
    const found = new Set(brokenStores.map(({ caughtBy }) => caseNamed(caughtBy).topic));
    const topics = new Set(conformanceCases.map(({ topic }) => topic));
    assert.deepEqual(
      [...topics].filter((topic) => !found.has(topic)),
      [],
    );
  });
});
