import { expect, it } from "vitest";

import { encodeLeaderReport, type LeaderReport, readLeaderReport } from "./leader-report.js";

const report: LeaderReport = {
  fence: 7,
  store: null,
  deadLetter: { name: "d", state: "works", since: 3, message: null },
  rateCap: { maxPerSecond: 0.5, waiting: 3, atLeast: false, since: 1_000, needed: 2.5 },
  publisher: { name: "p", state: "failing", since: 1, message: "down" },
  warnings: ["short of memory"],
  failing: [{ entry: "job", message: "no queue", since: 2 }],
  failingCount: 1,
};

it("reads what was written", () => {
  expect(readLeaderReport(encodeLeaderReport(report))).toMatchObject(report);
});

it("fits into every store, whatever the publisher says", () => {
  const long = "x".repeat(100_000);
  const text = encodeLeaderReport({
    ...report,
    publisher: { ...report.publisher, message: `down\n  ${long}` },
    warnings: Array.from({ length: 1_000 }, () => long),
    failing: Array.from({ length: 1_000 }, (_, n) => ({ entry: `job ${n}`, message: long, since: 2 })),
    failingCount: 1_000,
  });
  expect(text.length).toBeLessThan(25_000);
  const read = readLeaderReport(text)!;
  expect(read.publisher.message).toMatch(/^down x+\.\.\.$/);
  expect(read.failingCount).toBe(1_000);
});

it.each([
  { ...report, fence: -1 },
  { ...report, publisher: null },
  { ...report, publisher: { ...report.publisher, state: "fine" } },
  { ...report, publisher: { ...report.publisher, since: "now" } },
  { ...report, warnings: [1] },
  { ...report, failing: [{ entry: "job", message: "no queue" }] },
  { ...report, failingCount: null },
])("is none if a field is damaged", (damaged) => {
  expect(readLeaderReport(encodeLeaderReport(report))).not.toBeNull();
  const whole = JSON.parse(encodeLeaderReport(report)) as object;
  expect(readLeaderReport(JSON.stringify({ ...whole, ...damaged }))).toBeNull();
});
