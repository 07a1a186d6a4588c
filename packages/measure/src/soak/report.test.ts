import { describe, expect, it } from "vitest";
import type { NodeEvent } from "../node/messages.js";
import { type Observations, reportOf, showSoak } from "./report.js";

const points = (perMinute: number): { atMs: number; value: number }[] =>
  Array.from({ length: 20 }, (_, minute) => ({ atMs: minute * 60_000, value: 30 + perMinute * minute }));

function observed(changes: Partial<Observations>): Observations {
  return {
    options: { minutes: 20, seed: 1, nodes: 3, replacements: 5 },
    entries: 1_000,
    edits: 7,
    slowAnswers: 0,
    findings: { expected: 100, missed: [], repeated: [] },
    series: new Map([["nodes sockets", points(0)]]),
    limits: { "nodes sockets": { unit: "count", perHour: 12 } },
    warmUpMs: 0,
    events: [{ event: "leader", at: 1 }],
    ends: ["exit code 0"],
    ...changes,
  };
}

const event = (name: string, message: string): NodeEvent => ({ event: name, at: 1, message });

describe("the report of a soak", () => {
  it("has no problems if nothing grew, warned, failed, was missed or was repeated", () => {
    const { figures, problems } = reportOf(observed({}));
    expect(problems).toEqual([]);
    expect(figures).toMatchObject({ expected: 100, missed: 0, repeated: 0, terms: 1, warnings: 0, failures: 0 });
    expect(showSoak(figures)).toContain("nodes sockets  count");
  });

  it.each([
    ["a missed occurrence", { findings: { expected: 1, missed: ["job@1"], repeated: [] } }, "missed: job@1"],
    ["a repeated one", { findings: { expected: 1, missed: [], repeated: ["job@1"] } }, "repeated: job@1"],
    ["a process warning", { events: [event("warning", "MaxListenersExceededWarning")] }, "MaxListenersExceeded"],
    ["an unhandled rejection", { events: [event("failure", "unhandled rejection: no")] }, "unhandled rejection: no"],
    ["an error of a beat", { events: [event("error", "broken")] }, "broken"],
    ["a process that does not end well", { ends: ["exit code 1"] }, "ended with exit code 1 after SIGTERM"],
    ["growth", { series: new Map([["nodes sockets", points(1)]]) }, "nodes sockets grows by 60 an hour"],
  ])("names %s", (_what, changes, problem) => {
    const { problems } = reportOf(observed(changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("counts commands that a busy machine did not answer in time, and blames nobody for them", () => {
    const late = event("error", "could not read the revision: redis://x did not answer within 2000 ms; check");
    const lost = event("error", "the connection was lost before the answer came: Socket timeout. Expecting data, but");
    const { figures, problems } = reportOf(observed({ events: [late, lost], slowAnswers: 2 }));
    expect(problems).toEqual([]);
    expect(figures.slowAnswers).toBe(4);
  });
});
