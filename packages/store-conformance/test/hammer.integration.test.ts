import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dummyStore } from "@beatx/store-dummy";
import { afterEach, describe, expect, it, vi } from "vitest";
import { formatReport, hammerStore, type HammeredServer, type HammerReport } from "../src/hammer.js";
import { serveStore, type ServedStore } from "./hammer-socket-server.js";
import { losingServer, negativeStores, type NegativeStore } from "./negative-stores.js";

const SECONDS = Number(process.env["BEATX_HAMMER_SECONDS"] ?? 8);
/** A broken store is hammered at most this many times, each with another seed, until its flaw shows. */
const MOST_RUNS = 30;
const CONTROL_MS = 3_000;

let served: ServedStore | undefined;

afterEach(async () => {
  await served?.close();
  served = undefined;
});

/** Serves the workers a store in this process, on a backend of its own. */
async function serve({ wrap, options, server }: Partial<NegativeStore>): Promise<HammeredServer | undefined> {
  const [name, namespace] = [randomUUID(), "hammered"];
  const open = (): ReturnType<typeof dummyStore> => dummyStore({ ...options, name, namespace, commandTimeoutMs: 50 });
  served = await serveStore(() => {
    const store = open();
    return { ...store, ...wrap?.(store) };
  });
  return server?.(open());
}

async function hammerUntilShown(negative: NegativeStore): Promise<HammerReport> {
  for (let run = 1; ; run += 1) {
    const server = await serve(negative);
    const report = await hammerStore({ store: served!.store, durationMs: CONTROL_MS, ...(server && { server }) });
    if (report[negative.shownIn].length > 0 || run === MOST_RUNS) return report;
    await served!.close();
  }
}

describe("hammerStore", () => {
  it("finds no problem in a sound store, even if its server loses its data at each restart", async () => {
    const server = await serve({ server: losingServer });
    const report = await hammerStore({ store: served!.store, server: server!, durationMs: SECONDS * 1000, seed: 42 });
    expect(report.problems, formatReport(report)).toEqual([]);
    expect(report).toMatchObject({ seed: 42, workers: 4, ttlMs: 240, storeNames: ["dummy"] });
    for (const count of ["acquisitions", "renewals", "refusals", "moves", "workerStops", "serverRestarts"] as const) {
      expect(report[count], `${count}\n${formatReport(report)}`).toBeGreaterThan(0);
    }
  });

  it.each(negativeStores)("catches a store that $flaw", async (negative) => {
    const report = await hammerUntilShown(negative);
    expect(report[negative.shownIn].length, formatReport(report)).toBeGreaterThan(0);
    expect(formatReport(report)).toContain("BROKEN");
  });

  it("reports how workers crash, and ends when they do so again and again", async () => {
    await serve({});
    const store = { ...served!.store, open: "openFragileStore" };
    const report = await hammerStore({ store, durationMs: 600_000 });
    expect(report.workerCrashes[0]).toMatch(/^worker [1-4]\.\d+ exited with code 1: /);
    expect(report.workerCrashes[0]).toContain("a pipe burst");
    expect(report.problems).toContain(report.workerCrashes[0]);
  });

  it("uses longer leases with a store of coarse lock lifetimes", async () => {
    await serve({ options: { capabilities: { lockResolutionMs: 300 } } });
    const report = await hammerStore({ store: [served!.store, served!.store], workers: 2, durationMs: 500 });
    expect(report).toMatchObject({ ttlMs: 300, storeNames: ["dummy", "dummy"], workers: 2 });
  });

  it("rejects with the reason when the store cannot be opened", async () => {
    await serve({});
    const { store } = served!;
    await expect(hammerStore({ store: { ...store, module: "./no-such-module.mjs" } })).rejects.toThrow(
      /no-such-module\.mjs/,
    );
    await expect(hammerStore({ store: { ...store, open: "notAStore" } })).rejects.toThrow(
      /exports no store provider or function "notAStore" \(it exports: notAStore, openFragileStore, openSocketStore\)/,
    );
  });

  it("rejects soon when the server does not come back, and ends its workers", async () => {
    const server = await serve({ server: losingServer });
    const restart = (): Promise<void> => Promise.reject(new Error("the disk is full"));
    const lost = hammerStore({ store: served!.store, server: { ...server!, restart }, durationMs: 600_000 });
    await expect(lost).rejects.toThrow("the disk is full");
  });

  it("ends after its duration and leaves no files behind", async () => {
    await serve({});
    const folder = await mkdtemp(join(tmpdir(), "beatx-hammer-test-"));
    vi.stubEnv("TMPDIR", folder);
    for (let seed = 0; seed < 5; seed += 1) {
      const report = await hammerStore({ store: served!.store, durationMs: 100, seed });
      expect(report.problems, formatReport(report)).toEqual([]);
    }
    vi.unstubAllEnvs();
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
