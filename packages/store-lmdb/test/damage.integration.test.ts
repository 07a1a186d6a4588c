import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lmdbStore } from "@beatx/store-lmdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const OPENER = fileURLToPath(new URL("./opener.mjs", import.meta.url));
const SEED = Number(process.env["BEATX_SEED"] ?? 20_260_101);
const FILES = 120;
const PAGE_BYTES = 4096;
const TIMEOUT_MS = 240_000;

const root = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
let healthy: Buffer;
let opener: ChildProcess;
let ended: Promise<unknown[]>;

beforeAll(async () => {
  const store = lmdbStore({ folder: join(root, "healthy"), namespace: "shop" });
  const names = Array.from({ length: 200 }, (_, index) => `entry ${index}`);
  const change = (name: string, index: number, expectedRevision: string | null) => {
    return { name, definition: "x".repeat(index % 10 === 0 ? 9000 : 300), expectedRevision };
  };
  const results = await store.setSchedule(names.map((name, index) => change(name, index, null)));
  const revisions = results.map((result) => (result.status === "done" ? result.revision : null));
  await store.setSchedule(names.slice(0, 90).map((name, index) => change(name, index + 5, revisions[index]!)));
  await store.close();
  healthy = readFileSync(join(root, "healthy", "data.mdb"));
  opener = fork(OPENER, { execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  ended = once(opener, "exit");
});

afterAll(() => {
  opener.kill("SIGKILL");
  rmSync(root, { recursive: true });
});

/** Numbers from 0 to `limit - 1`, the same ones for the same seed. */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Damage = (bytes: Buffer, pick: (limit: number) => number) => Buffer;

const pageOf = (bytes: Buffer, pick: (limit: number) => number): number => pick(bytes.length / PAGE_BYTES) * PAGE_BYTES;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "cut off": (bytes, pick) => bytes.subarray(0, pick(bytes.length)),
  "with single bits changed": (bytes, pick) => {
    for (let count = 0; count < 10; count += 1) bytes.writeUInt8(pick(256), pick(bytes.length));
    return bytes;
  },
  "with bytes of a page header changed": (bytes, pick) => {
    for (let count = 0; count < 3; count += 1) bytes.writeUInt8(pick(256), pageOf(bytes, pick) + pick(64));
    return bytes;
  },
  "with bytes of a meta page changed": (bytes, pick) => {
    for (let count = 0; count < 3; count += 1) bytes.writeUInt8(pick(256), pick(2) * PAGE_BYTES + pick(180));
    return bytes;
  },
  "with a page of zeros": (bytes, pick) => {
    const at = pageOf(bytes, pick);
    return bytes.fill(0, at, at + PAGE_BYTES);
  },
  "with a page that replaces another one": (bytes, pick) => {
    const from = pageOf(bytes, pick);
    bytes.copy(bytes, pageOf(bytes, pick), from, from + PAGE_BYTES);
    return bytes;
  },
};

describe("damaged files", () => {
  it("never end the process: they are refused, or can be used", { timeout: TIMEOUT_MS }, async () => {
    const pick = numbersFrom(SEED);
    const outcomes = new Set<string>();
    const kinds = Object.entries(DAMAGES);
    for (let index = 0; index < FILES; index += 1) {
      const [kind, damage] = kinds[index % kinds.length]!;
      const folder = join(root, `${index}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "data.mdb"), damage(Buffer.from(healthy), pick));
      const answer = Promise.race([once(opener, "message"), ended]);
      opener.send(folder);
      const [result, signal] = (await answer) as [{ outcome: string; message?: string } | null, string | undefined];
      expect(result, `seed ${SEED}: file ${index}, ${kind}: the process ended with ${signal}`).toHaveProperty(
        "outcome",
      );
      expect(["used", "CONFIG", "STORE"], result?.message).toContain(result?.outcome);
      outcomes.add(result!.outcome);
    }
    expect(outcomes.has("CONFIG") && outcomes.has("used"), `seed ${SEED}`).toBe(true);
  });
});
