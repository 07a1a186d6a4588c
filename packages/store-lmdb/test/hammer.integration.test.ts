import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatReport, hammerStore } from "@beatx/store-conformance/hammer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SECONDS = Number(process.env["BEATX_HAMMER_SECONDS"] ?? 12);
const TIMEOUT_MS = SECONDS * 1000 + 240_000;

// The workers are plain Node processes: they run the output of `npm run build`.
const BUILT_STORE = new URL("../dist/index.js", import.meta.url);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-lmdb-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe("hammered processes that share a folder", () => {
  it("never lead two at a time, and write in the order of their fences", { timeout: TIMEOUT_MS }, async () => {
    const store = { module: BUILT_STORE, uri: `lmdb://${folder}` };
    const report = await hammerStore({ store, durationMs: SECONDS * 1000 });
    expect(report.problems, formatReport(report)).toEqual([]);
    expect(report.acquisitions, formatReport(report)).toBeGreaterThan(10);
    expect(report.moves, formatReport(report)).toBeGreaterThan(10);
  });
});
