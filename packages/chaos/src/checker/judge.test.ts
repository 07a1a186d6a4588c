import { describe, expect, it } from "vitest";
import type { Deviation } from "./finding.js";
import { judge } from "./judge.js";
import { arrival, BEGIN, perfectRecord, TEST_TIMING } from "./perfect-record.js";
import type { Arrival, Fault, Guarantee, RunRecord } from "./record.js";

const CLASSES: readonly Guarantee[] = ["T", "D", "P at-least-once", "P at-most-once"];
const AT = BEGIN + 30_000;

const kill: Fault = { kind: "kill", node: 0, from: AT - 500, to: AT - 500 };
const wipe: Fault = { kind: "server-wipe", server: "both", from: AT - 500, to: AT - 300 };

function replace(record: RunRecord, entry: string, instant: number, by: (found: Arrival) => Arrival[]): RunRecord {
  const arrivals = record.arrivals.flatMap((each) => {
    return each.entry === entry && each.instant === instant ? by(each) : [each];
  });
  return { ...record, arrivals };
}

const without = (record: RunRecord, entry: string, instant: number): RunRecord =>
  replace(record, entry, instant, () => []);
const doubled = (record: RunRecord, entry: string, instant: number, change: Partial<Arrival> = {}): RunRecord =>
  replace(record, entry, instant, (found) => [found, { ...found, fence: 2, ...change }]);
const moved = (record: RunRecord, entry: string, instant: number, byMs: number): RunRecord =>
  replace(record, entry, instant, (found) => [{ ...found, arrivedAt: instant + byMs }]);
const added = (record: RunRecord, ...more: Arrival[]): RunRecord => ({
  ...record,
  arrivals: [...record.arrivals, ...more],
});

/** Deviations that nothing explains, and those that something does. */
function found(record: RunRecord): { violations: Deviation[]; explained: (string | null)[] } {
  const { violations, explained } = judge(record);
  return {
    violations: violations.map(({ deviation }) => deviation),
    explained: explained.map(({ explanation }) => explanation),
  };
}

describe.each(CLASSES)("the checker, in class %s,", (guarantee) => {
  const perfect = perfectRecord(guarantee);

  it("finds nothing in a perfect record, with faults and without", () => {
    for (const record of [perfect, perfectRecord(guarantee, [kill, wipe])]) {
      const { violations, explained, due, sent } = judge(record);
      expect([violations, explained]).toEqual([[], []]);
      expect([due, sent > 300]).toEqual([expect.any(Number), true]);
      expect(due).toBeGreaterThan(300);
    }
  });

  it.each<[string, RunRecord, Deviation]>([
    ["an occurrence that did not arrive", without(perfect, "every-two", AT), "missed"],
    ["one of policy latest that did not arrive", without(perfect, "newest", AT), "missed"],
    ["the last one before an edit", without(perfect, "edited", BEGIN + 38_000), "missed"],
    ["the first one after an edit", without(perfect, "edited", BEGIN + 42_000), "missed"],
    ["a requested run that did not arrive", without(perfect, "every-two", BEGIN + 20_310), "missed"],
    ["a copy with the same id", doubled(perfect, "every-second", AT), "repeated"],
    ["a copy with another id", doubled(perfect, "every-second", AT, { id: "other" }), "second id"],
    ["a copy of a requested run", doubled(perfect, "every-two", BEGIN + 20_310), "repeated"],
    ["a message before its instant", moved(perfect, "every-second", AT, -200), "early"],
    ["a message long after its instant", moved(perfect, "every-second", AT, 1_500), "late"],
    ["a requested run long after its request", moved(perfect, "every-two", BEGIN + 20_310, 3_000), "late"],
    ["an instant between two of the rule", added(perfect, arrival("every-two", AT + 1_000)), "phantom"],
    ["an instant of the old rule, after an edit", added(perfect, arrival("edited", BEGIN + 44_000)), "phantom"],
    ["an instant of the new rule, before an edit", added(perfect, arrival("edited", BEGIN + 33_000)), "phantom"],
    ["an instant after the removal", added(perfect, arrival("edited", BEGIN + 75_000)), "phantom"],
    ["an entry that nobody wrote", added(perfect, arrival("nobody", AT)), "phantom"],
    ["a run that nobody requested", added(perfect, { ...arrival("every-two", AT + 5), id: "run-2" }), "phantom"],
    [
      "an edit that is gone",
      { ...perfect, lostEdits: [{ entry: "edited", seenAt: AT, expected: "every 3 s", found: "nothing" }] },
      "edit lost",
    ],
    ["a node that ended by itself", { ...perfect, crashes: [{ node: 1, at: AT, how: "exit code 1" }] }, "crash"],
  ])("finds %s", (_what, record, deviation) => {
    expect(found(record)).toEqual({ violations: [deviation], explained: [] });
  });

  it("does not let a fault explain what happens long before or after it", () => {
    const far = [kill, wipe].map((fault) => ({ ...fault, from: fault.from - 25_000, to: fault.to - 25_000 }));
    const record = perfectRecord(guarantee, far);
    expect(found(without(record, "newest", AT)).violations).toEqual(["missed"]);
    expect(found(doubled(record, "newest", AT)).violations).toEqual(["repeated"]);
    expect(found(moved(record, "newest", AT, 1_500)).violations).toEqual(["late"]);
    const early = { ...record, faults: [{ ...kill, from: AT + 2_000, to: AT + 2_000 }] };
    expect(found(without(early, "newest", AT)).violations).toEqual(["missed"]);
  });

  it("never explains two ids, an instant that no rule names, or a late one beyond I4", () => {
    const record = perfectRecord(guarantee, [kill, wipe]);
    expect(found(doubled(record, "every-second", AT, { id: "other" })).violations).toEqual(["second id"]);
    expect(found(added(record, arrival("every-two", AT + 1_000))).violations).toEqual(["phantom"]);
    const killed = perfectRecord(guarantee, [kill]);
    expect(found(moved(killed, "every-second", AT, 9_000)).violations).toEqual(["late"]);
  });
});

describe("the checker explains by the fault", () => {
  it("lateness within a take-over (I4)", () => {
    const record = moved(perfectRecord("T", [kill]), "every-second", AT, 4_000);
    expect(found(record)).toEqual({ violations: [], explained: ["I4: kill"] });
  });

  it("lateness of a chain of faults, and no more", () => {
    const again = { ...kill, from: AT + 4_000, to: AT + 4_000 };
    const record = perfectRecord("T", [kill, again]);
    expect(found(moved(record, "every-second", AT, 9_000)).explained).toEqual(["I4: kill"]);
    expect(found(moved(record, "every-second", AT, 13_000)).violations).toEqual(["late"]);
  });

  it("lateness of an entry that sends what has waited, one after the other (R19)", () => {
    let record = perfectRecord("D", [
      { ...kill, from: AT - 500, to: AT + 40_000, kind: "server-pause", server: "store" },
    ]);
    const late = AT + 40_000 + 7_450;
    for (let count = 0; count < 40; count++) {
      record = moved(record, "every-second", AT + count * 1_000, late + 60 * (count + 1) - (AT + count * 1_000));
    }
    expect(found(record).violations).toEqual([]);
    const stuck = moved(record, "every-second", AT + 39_000, late + 7_400 - AT - 39_000);
    expect(found(stuck).violations).toEqual(["late"]);
  });

  it("an occurrence of policy latest that a later one replaced (R16), but none of policy all", () => {
    const record = perfectRecord("D", [kill]);
    expect(found(without(record, "newest", AT)).explained).toEqual(["R16: policy latest after kill"]);
    expect(found(without(record, "every-second", AT)).violations).toEqual(["missed"]);
  });

  it("copies with one id in class P (R24), and in no other", () => {
    for (const guarantee of CLASSES) {
      const { violations, explained } = found(doubled(perfectRecord(guarantee, [kill]), "every-second", AT));
      const allowed = guarantee === "P at-least-once";
      expect([guarantee, violations, explained]).toEqual([
        guarantee,
        allowed ? [] : ["repeated"],
        allowed ? ["R24: kill"] : [],
      ]);
    }
  });

  it("copies of a paused node that wakes up long after its pause began (R24)", () => {
    const pause: Fault = { kind: "pause", node: 0, from: AT - 100, to: AT + 20_000 };
    const record = doubled(perfectRecord("P at-least-once", [pause]), "every-second", AT, { arrivedAt: AT + 20_050 });
    expect(found(record)).toEqual({ violations: [], explained: ["R24: pause"] });
  });

  it("a loss in class P at-most-once that a node reported as uncertain (R25), and in no other class", () => {
    const cut: Fault = { kind: "cut", node: 0, server: "queue", from: AT - 500, to: AT + 500 };
    const uncertain = [{ entry: "every-second", instant: AT, id: "1" }];
    for (const guarantee of CLASSES) {
      const record = without(perfectRecord(guarantee, [cut]), "every-second", AT);
      expect(found(record).violations).toEqual(["missed"]);
      const explained = guarantee === "P at-most-once" ? ["R25: reported as uncertain after cut"] : [];
      expect(found({ ...record, uncertain }).explained).toEqual(explained);
    }
  });

  it("a loss in class P at-most-once without a report, if a node was killed", () => {
    const record = without(perfectRecord("P at-most-once", [kill]), "every-second", AT);
    expect(found(record)).toEqual({ violations: [], explained: ["R25: the report ended with kill"] });
  });

  it("the gap and the copies after a loss of data (R32, R33), in every class", () => {
    for (const guarantee of CLASSES) {
      const record = perfectRecord(guarantee, [wipe]);
      expect(found(without(record, "every-second", AT)).explained).toEqual(["R33: server-wipe"]);
      expect(found(doubled(record, "every-second", AT)).explained).toEqual(["R32: server-wipe"]);
    }
  });

  it("a gap around an edit that came before the occurrence had to be out (R15)", () => {
    const cut: Fault = { kind: "kill", node: 0, from: BEGIN + 37_000, to: BEGIN + 37_000 };
    expect(found(without(perfectRecord("T", [cut]), "edited", BEGIN + 38_000)).explained).toEqual([
      "R15: put before it had to be out",
    ]);
  });

  it("early messages where the clock of a node decides (R17), and in no other store", () => {
    const step: Fault = { kind: "clock-step", node: 0, stepMs: 4_000, from: AT - 5_000, to: AT + 5_000 };
    const record = moved(perfectRecord("D", [step]), "every-second", AT, -3_900);
    expect(found(record).violations).toEqual(["early"]);
    const nodeClock = { ...record, timing: { ...TEST_TIMING, nodeClock: true } };
    expect(found(nodeClock)).toEqual({ violations: [], explained: ["R17: clock 4000 ms ahead"] });
    expect(found(moved(nodeClock, "every-second", AT, -4_900)).violations).toEqual(["early"]);
  });

  it("what comes late because the leader read the edit before it only after a fault (R29)", () => {
    const fault = { ...kill, from: BEGIN + 40_500, to: BEGIN + 40_500 };
    const record = moved(perfectRecord("D", [fault]), "edited", BEGIN + 42_000, 7_000);
    expect(found(record)).toEqual({ violations: [], explained: ["I4: kill, put (R29)"] });
  });

  it("lateness in a stall of the machine, which was measured", () => {
    const record = moved(perfectRecord("T"), "every-second", AT, 1_200);
    const stalls = [{ of: "collector" as const, from: AT - 10, to: AT + 900 }];
    expect(found({ ...record, stalls })).toEqual({ violations: [], explained: ["I4: stall of the machine"] });
    const afterLoss = moved(record, "every-second", AT, 3_000);
    expect(found({ ...afterLoss, stalls }).violations).toEqual(["late"]);
    const ofNode = [{ ...stalls[0]!, of: "node" as const }];
    expect(found({ ...afterLoss, stalls: ofNode }).violations).toEqual([]);
  });

  it("a run whose request got no answer (R28)", () => {
    const request = { entry: "every-two", id: null, sentAt: AT - 100, answeredAt: AT + 600 };
    const record = added(perfectRecord("T"), { ...arrival("every-two", AT + 5), id: "run-2" });
    const requests = [...record.requests, request];
    expect(found({ ...record, requests }).explained).toEqual(["R28: a request whose client got no answer"]);
  });
});
