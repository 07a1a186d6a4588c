import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type EntryInput } from "@beatx/core";
import { lmdbStore } from "@beatx/store-lmdb";
import { afterEach, beforeEach } from "vitest";
import { runProgram } from "../src/program.js";
import { type FakeContext, type FakeTerminal, fakeContext } from "./fake-context.js";

export const YEARLY: EntryInput = { task: "tax.send", schedule: { type: "crontab", minute: 0, hour: 7, dayOfMonth: 1, monthOfYear: 1, timezone: "Europe/Berlin" } }; // prettier-ignore

/** The output and the exit code of a command. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on until a test stops it. */
export interface Running {
  readonly context: FakeContext;
  readonly exitCode: Promise<number>;
}

/** The folder in which the commands of a test run; each test has its own. */
export interface CommandFolder {
  readonly path: string;
  /** Writes `beat.config.json`. */
  configure(config: object): Promise<void>;
  run(args: readonly string[], terminal?: FakeTerminal): Promise<Ended>;
  start(args: readonly string[]): Running;
}

/** Call this once, at the top of a test file. */
export function commandFolder(): CommandFolder {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "beatx-cli-"));
  });
  afterEach(() => rm(path, { recursive: true }));
  return {
    get path() {
      return path;
    },
    configure: (config) => writeFile(join(path, "beat.config.json"), JSON.stringify(config)),
    async run(args, terminal) {
      const context = fakeContext(path, terminal);
      const exitCode = await runProgram(args, context);
      return { exitCode, ...context.printed };
    },
    start(args) {
      const context = fakeContext(path);
      return { context, exitCode: runProgram(args, context) };
    },
  };
}

/** A store in that folder, and a client of it. */
export interface StoreInFolder {
  readonly uri: string;
  readonly client: Client;
}

/** Call this once, after `commandFolder`. */
export function storeIn(folder: CommandFolder): StoreInFolder {
  let client: Client;
  let close: () => Promise<void>;
  beforeEach(() => {
    const store = lmdbStore({ folder: join(folder.path, "store") });
    client = createClient({ store });
    close = () => store.close();
  });
  afterEach(() => close());
  return {
    get uri() {
      return `lmdb:${join(folder.path, "store")}`;
    },
    get client() {
      return client;
    },
  };
}
