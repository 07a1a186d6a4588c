import { describe, expect, it, vi } from "vitest";

import { encodeDefinition } from "../entry/definition.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { mergeConfiguration, type MergeInput, tidyUp } from "./merge-configuration.js";
import { MergePlan } from "./merge-plan.js";
import { Timetable } from "./timetable.js";

const NOW = Date.parse("2030-01-01T00:00:00Z");
const ENTRIES = 1_000;

/** A node without a configuration that has followed `ENTRIES` entries; with the plan of its next merge. */
function followed(): { readonly input: MergeInput; readonly plan: MergePlan } {
  const plan = new MergePlan();
  const timetable = new Timetable(ruleParser("UTC"), (name) => plan.note(name));
  const entry = { task: "t", schedule: { type: "interval", everyMs: 1_000 } };
  const state = { source: "api", effectiveFrom: NOW, paused: false, overridden: false } as const;
  const definition = encodeDefinition({ kind: "entry", ...state, entry });
  for (let index = 0; index < ENTRIES; index++) {
    timetable.apply({ name: `entry-${index}`, revision: "1", definition, cursor: null }, true);
  }
  const own = {
    configVersion: null,
    app: null,
    appRecord: null,
    replaceSchedule: false,
    lockTtlMs: 15_000,
    guarantee: "g",
  };
  return { plan, input: { ...own, timetable, config: null, now: NOW } };
}

describe("a node without a configuration", () => {
  it("looks at no entry when it takes over as a warm standby: it only writes the cluster record", () => {
    const { plan, input } = followed();
    for (const _ of plan.review(input));
    const looks = vi.spyOn(input.timetable.entries, "values");
    const steps = [...mergeConfiguration(input, undefined, plan)];
    expect(steps.map((step) => step?.name)).toEqual(["@beatx/cluster"]);
    expect(looks).not.toHaveBeenCalled();
  });

  it("looks at all of them if it is cold, one in each step, so that the work can pause", () => {
    const { plan, input } = followed();
    expect([...mergeConfiguration(input, undefined, plan)]).toHaveLength(ENTRIES + 1);
    expect([...tidyUp(input)]).toHaveLength(2 * ENTRIES);
  });
});
