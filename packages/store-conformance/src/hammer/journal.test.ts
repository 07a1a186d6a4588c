import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "vitest";
import { appendEvent, machineMs, readEvents } from "./journal.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beatx-journal-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("a journal", () => {
  it("holds every event in order, without the unfinished last line of a killed worker", () => {
    const path = join(folder, "journal");
    appendEvent(path, { kind: "ended", term: 1, atMs: 2.5 });
    appendEvent(path, { kind: "failed", call: "advance", message: "two\nlines" });
    appendFileSync(path, '{"kind":"en');
    assert.deepEqual(readEvents(path), [
      { kind: "ended", term: 1, atMs: 2.5 },
      { kind: "failed", call: "advance", message: "two\nlines" },
    ]);
  });
});

describe("machineMs", () => {
  it("is the same clock in all processes", () => {
    const before = machineMs();
    const program = "process.stdout.write(String(Number(process.hrtime.bigint()) / 1e6))";
    const there = Number(execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }));
    assert.ok(before < there && there < machineMs(), `${before} here, ${there} there`);
  });
});
