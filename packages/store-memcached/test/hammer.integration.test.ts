import { formatReport, hammerStore, type HammerReport } from "@beatx/store-conformance/hammer";
import { startMemcached, type MemcachedServer } from "@beatx/test-servers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SECONDS = Number(process.env["BEATX_HAMMER_SECONDS"] ?? 12);
const TIMEOUT_MS = SECONDS * 1000 + 240_000;
/** The control is hammered again with another seed until its flaw shows. */
const MOST_CONTROL_RUNS = 10;
const CONTROL_MS = 15_000;

// The workers are plain Node processes: they run the output of `npm run build`.
const BUILT_STORE = new URL("../dist/index.js", import.meta.url);
const NAIVE_LOCK = { module: new URL("./negative-memcached-lock.mjs", import.meta.url), open: "openNaiveLock" };

let server: MemcachedServer;

beforeEach(async () => {
  server = await startMemcached();
});

afterEach(() => server.stop());

describe("hammered processes that share a memcached server", () => {
  it(
    "never lead two at a time, although each restart of the server loses everything",
    { timeout: TIMEOUT_MS },
    async () => {
      const store = { module: BUILT_STORE, uri: server.uri };
      const report = await hammerStore({ store, server, durationMs: SECONDS * 1000 });
      expect(report.problems, formatReport(report)).toEqual([]);
      expect(report.acquisitions, formatReport(report)).toBeGreaterThan(5);
      expect(report.moves, formatReport(report)).toBeGreaterThan(5);
      expect(report.serverRestarts).toBeGreaterThan(0);
    },
  );

  it(
    "are caught leading two at a time with a lock made of add, touch and delete",
    { timeout: TIMEOUT_MS },
    async () => {
      const hammerNaiveLock = (): Promise<HammerReport> =>
        hammerStore({ store: { ...NAIVE_LOCK, uri: server.uri }, server, ttlMs: 2000, durationMs: CONTROL_MS });
      let report = await hammerNaiveLock();
      for (let run = 2; report.overlaps.length === 0 && run <= MOST_CONTROL_RUNS; run += 1) {
        report = await hammerNaiveLock();
      }
      expect(report.overlaps.length, formatReport(report)).toBeGreaterThan(0);
    },
  );
});
