import { interval } from "@beatx/core";
import { beforeEach, describe, expect, it } from "vitest";
import { Arrivals, readArrival } from "./arrivals.js";
import { inputOf } from "./schedule.js";

const rule = interval("10s");
const entries = new Map([["job", { rule, input: inputOf(rule, 1) }]]);

describe("what arrived", () => {
  let arrivals: Arrivals;
  beforeEach(() => {
    arrivals = new Arrivals();
    for (const second of [10, 20, 30]) arrivals.add({ id: `id-${second}`, entry: "job", instant: second * 1_000 });
  });

  it("is right if every instant after the beginning and up to the end arrived once", () => {
    expect(arrivals.judge(entries, 10_000, 30_000)).toEqual({ expected: 2, missed: [], repeated: [] });
    expect(arrivals).toMatchObject({ total: 3, latest: 30_000 });
  });

  it("lacks the instants that did not arrive", () => {
    expect(arrivals.judge(entries, 0, 49_999).missed).toEqual(["job@1970-01-01T00:00:40.000Z"]);
  });

  it("repeats an instant under the same id or another one", () => {
    arrivals.add({ id: "id-10", entry: "job", instant: 10_000 });
    arrivals.add({ id: "other", entry: "job", instant: 20_000 });
    expect(arrivals.judge(entries, 0, 30_000).repeated).toEqual([
      "job@1970-01-01T00:00:10.000Z",
      "job@1970-01-01T00:00:20.000Z",
    ]);
  });

  it("needs each requested run once, and may see it at an instant of the rule", () => {
    arrivals.request("run-1");
    arrivals.request("run-2");
    arrivals.add({ id: "run-1", entry: "job", instant: 30_000 });
    expect(arrivals.judge(entries, 0, 30_000)).toEqual({ expected: 5, missed: ["run-2"], repeated: [] });
  });

  it("is read from the headers of Celery's messages", () => {
    const headers = { id: "a", "beatx-entry": "job", "beatx-scheduled-at": "1970-01-01T00:00:10.000Z" };
    expect(readArrival(JSON.stringify({ headers }))).toEqual({ id: "a", entry: "job", instant: 10_000 });
  });
});
