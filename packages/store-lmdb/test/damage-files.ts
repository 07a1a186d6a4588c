/** Files of a store, damaged in every way, and a process that opens them: it must never end by a signal. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cp, open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { isLease } from "@beatx/core/adapter";

import { pick } from "../../core/test/damage/damaged-text.js";
import { seeded } from "@beatx/test-servers/seeded";
import type { Random } from "../../store-conformance/test/damage/damage-store.js";
import { lmdbStore } from "../src/index.js";

const PROGRAM = fileURLToPath(new URL("./damage-open.mjs", import.meta.url));
const PAGE = 4096;

/** A folder with a few hundred entries and cursors. */
export async function fillFolder(folder: string): Promise<void> {
  const store = lmdbStore({ folder, namespace: "damage" });
  const names = Array.from({ length: 300 }, (_, index) => `entry ${index}`);
  await store.setSchedule(names.map((name) => ({ name, definition: "x".repeat(200), expectedRevision: null })));
  const lease = await store.acquireLock({ token: "token", ttlMs: 60_000, label: "damage" });
  if (!isLease(lease)) throw new Error("the lock should have been free");
  await store.advance(
    lease,
    names.map((name) => ({ name, from: null, to: "y".repeat(100), definitionRevision: null, dueAt: 0 })),
  );
  await store.releaseLock(lease);
  await store.close();
}

type FileWay = (file: string, random: Random, size: number) => Promise<string>;

const FILE_WAYS: Record<string, FileWay> = {
  truncated: async (file, random, size) => {
    const length = Math.floor(random() * size);
    await truncate(file, length);
    return `to ${length} of ${size} bytes`;
  },
  "truncated to whole pages": async (file, random, size) => {
    const pages = Math.floor((random() * size) / PAGE);
    await truncate(file, pages * PAGE);
    return `to ${pages} pages`;
  },
  overwritten: async (file, random, size) => {
    const bytes = Buffer.alloc(1 + Math.floor(random() ** 3 * 2 * PAGE), 0).map(() => Math.floor(random() * 256));
    return overwrite(file, Math.floor(random() * size), bytes);
  },
  zeroed: async (file, random, size) => {
    return overwrite(file, Math.floor(random() * size), Buffer.alloc(1 + Math.floor(random() * 2 * PAGE)));
  },
  "one byte changed": async (file, random, size) => {
    return overwrite(file, Math.floor(random() * size), Buffer.of(Math.floor(random() * 256)));
  },
  "header changed": async (file, random) => {
    return overwrite(
      file,
      Math.floor(random() * 2) * PAGE + Math.floor(random() * 160),
      Buffer.of(Math.floor(random() * 256)),
    );
  },
  "pages exchanged": async (file, random, size) => {
    const anyPage = (): number => Math.floor((random() * size) / PAGE) * PAGE;
    const from = anyPage();
    const content = await readFile(file);
    return overwrite(file, anyPage(), content.subarray(from, from + PAGE));
  },
  "of another program": async (file, random) => {
    await writeFile(
      file,
      pick(random, ["", "hello world", "\u0000".repeat(10_000), "SQLite format 3\u0000".repeat(5_000)]),
    );
    return "written";
  },
};

async function overwrite(file: string, at: number, bytes: Uint8Array): Promise<string> {
  const handle = await open(file, "r+");
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
  return `${bytes.length} bytes at ${at}`;
}

/** Copies the folder and damages a file of the copy. Answers how. */
export async function damageFolder(seed: number, from: string, to: string): Promise<{ kind: string; text: string }> {
  const random = seeded(seed);
  await cp(from, to, { recursive: true });
  const name = random() < 0.85 ? "data.mdb" : "lock.mdb";
  const file = join(to, name);
  const [kind, way] = pick(random, Object.entries(FILE_WAYS));
  const { length } = await readFile(file);
  return { kind: `${name} ${kind}`, text: await way(file, random, length) };
}

/** Another process that opens folders; a new one after each that died. */
export class Opener {
  #child: ChildProcess | undefined;

  /** The error with which opening or using the folder failed; `undefined`: it went well. @throws if the process dies. */
  async use(folder: string): Promise<string | undefined> {
    const child = (this.#child ??= await started());
    const answer = once(child, "message") as Promise<[{ error?: string }]>;
    const exit = once(child, "exit").then(([code, signal]) => {
      this.#child = undefined;
      throw new Error(`the process ended with ${String(signal ?? code)}`);
    });
    child.send({ folder });
    const [{ error }] = await Promise.race([answer, exit]);
    exit.catch(() => undefined);
    return error;
  }

  end(): void {
    this.#child?.disconnect();
  }
}

async function started(): Promise<ChildProcess> {
  const child = fork(PROGRAM, { stdio: "ignore", execArgv: [] });
  child.setMaxListeners(0);
  await once(child, "message");
  return child;
}
