import { formatReport, hammerStore, type HammeredStore } from "@beatx/store-conformance/hammer";
import { startMemcached, type MemcachedServer } from "@beatx/test-servers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SECONDS = Number(process.env["BEATX_HAMMER_SECONDS"] ?? 12);
const TIMEOUT_MS = SECONDS * 1000 + 240_000;

// The workers are plain Node processes: they run the output of `npm run build`.
const MEMJS_STORE = new URL("../dist/index.js", import.meta.url);
const MEMCACHED_STORE = new URL("../../store-memcached/dist/index.js", import.meta.url);

let server: MemcachedServer;

beforeEach(async () => {
  server = await startMemcached();
});

afterEach(() => server.stop());

async function expectOneLeader(store: readonly HammeredStore[]): Promise<void> {
  const report = await hammerStore({ store, server, durationMs: SECONDS * 1000 });
  expect(report.problems, formatReport(report)).toEqual([]);
  expect(report.acquisitions, formatReport(report)).toBeGreaterThan(5);
  expect(report.moves, formatReport(report)).toBeGreaterThan(5);
  expect(report.serverRestarts).toBeGreaterThan(0);
}

describe("hammered processes that share a memcached server", () => {
  const memjs = (): HammeredStore => ({ module: MEMJS_STORE, uri: server.uri.replace("memcached:", "memjs:") });
  const memcached = (): HammeredStore => ({ module: MEMCACHED_STORE, uri: server.uri });

  it("never lead two at a time with memjs", { timeout: TIMEOUT_MS }, () => expectOneLeader([memjs()]));

  it("never lead two at a time when half of them use memjs and half memcached", { timeout: TIMEOUT_MS }, () =>
    expectOneLeader([memjs(), memcached()]),
  );
});
