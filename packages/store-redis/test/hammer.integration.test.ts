import { formatReport, hammerStore, type HammerReport } from "@beatx/store-conformance/hammer";
import { startRedis, type RedisServer } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";

const SECONDS = Number(process.env["BEATX_HAMMER_SECONDS"] ?? 12);
const TIMEOUT_MS = SECONDS * 1000 + 240_000;
/** Hammered again, with another seed, until the flaw shows. */
const MOST_CONTROL_RUNS = 10;

// The workers are plain Node processes: they run what `npm run build` made.
const BUILT_STORE = new URL("../dist/index.js", import.meta.url);
const UNGUARDED_LOCK = { module: new URL("./negative-redis-lock.mjs", import.meta.url), open: "openUnguardedLock" };

let server: RedisServer;

afterEach(() => server.stop());

function hammerRedis(): Promise<HammerReport> {
  return hammerStore({ store: { module: BUILT_STORE, uri: server.uri }, server, durationMs: SECONDS * 1000 });
}

describe("hammered processes that share a Redis server", () => {
  it(
    "never lead two at a time, though each restart of the server loses everything",
    { timeout: TIMEOUT_MS },
    async () => {
      server = await startRedis();
      const report = await hammerRedis();
      expect(report.problems, formatReport(report)).toEqual([]);
      expect(report.acquisitions, formatReport(report)).toBeGreaterThan(10);
      expect(report.moves, formatReport(report)).toBeGreaterThan(10);
      expect(report.serverRestarts).toBeGreaterThan(0);
    },
  );

  it("never lead two at a time when the server comes back with its data", { timeout: TIMEOUT_MS }, async () => {
    server = await startRedis({ appendOnly: true });
    const report = await hammerRedis();
    expect(report.problems, formatReport(report)).toEqual([]);
    expect(report.acquisitions, formatReport(report)).toBeGreaterThan(10);
  });

  it(
    "are caught leading two at a time with a lock that cannot see that its server lost its data",
    { timeout: TIMEOUT_MS },
    async () => {
      server = await startRedis();
      const store = { ...UNGUARDED_LOCK, uri: server.uri };
      let report = await hammerStore({ store, server, durationMs: SECONDS * 1000 });
      for (let run = 2; report.overlaps.length === 0 && run <= MOST_CONTROL_RUNS; run += 1) {
        report = await hammerStore({ store, server, durationMs: SECONDS * 1000 });
      }
      expect(report.overlaps.length, formatReport(report)).toBeGreaterThan(0);
    },
  );
});
