import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BeatxError } from "@beatx/core";
import type { StoreProvider } from "@beatx/core/adapter";
import { expect, it } from "vitest";
import { fakeContext } from "../../test/fake-context.js";
import { commandFolder, type Ended } from "../../test/command-folder.js";
import { runProgram } from "../program.js";
import { explainDefaultStore } from "./default-store.js";
import type { Settings } from "./settings.js";

const folder = commandFolder();
const SCHEDULE = { publisher: "celery+redis://127.0.0.1:1/0", schedule: { tax: { task: "t", schedule: "1h" } } };
const NOT_INSTALLED = "it needs @beatx/store-lmdb, which is not installed";

/** The end-to-end tests run the command where the package is really missing; here every folder answers as it would. */
const missing: StoreProvider = {
  schemes: ["lmdb"],
  open: (uri) => Promise.reject(new BeatxError("UNKNOWN_SCHEME", `no store answers to ${uri}: ${NOT_INSTALLED}`)),
};

/** Runs the command in the test's folder, which is also the working directory, where the default store stands. */
async function runWithoutStores(...args: readonly string[]): Promise<Ended> {
  const before = process.cwd();
  process.chdir(folder.path);
  try {
    const context = fakeContext(folder.path, { stores: [missing] });
    const exitCode = await runProgram(args, context);
    return { exitCode, ...context.printed };
  } finally {
    process.chdir(before);
  }
}

it.each(["start", "status", "list"])("%s without a configured store says what to install or to name", async (name) => {
  await folder.configure(SCHEDULE);
  await mkdir(join(folder.path, ".beatx"));
  const { exitCode, stderr } = await runWithoutStores(name);
  expect(stderr).toBe(
    "beatx: no store is configured, so it would be the folder ./.beatx, but @beatx/store-lmdb is not installed. " +
      'Either install it (npm install @beatx/store-lmdb), or name another store ("store" in beat.config.json, or ' +
      "--store), such as redis://127.0.0.1:6379/0, which needs @beatx/store-redis\n",
  );
  expect(exitCode).toBe(2);
});

it.each(["start", "status"])("%s with a folder that was asked for keeps the error of the search", async (name) => {
  await folder.configure({ ...SCHEDULE, store: "lmdb:./data" });
  const { exitCode, stderr } = await runWithoutStores(name);
  expect(stderr).toBe(`beatx: no store answers to lmdb:./data: ${NOT_INSTALLED}\n`);
  expect(exitCode).toBe(2);
});

it("simulate and next read the file alone without any store", async () => {
  await folder.configure(SCHEDULE);
  expect(await runWithoutStores("simulate", "--to", "+2h")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await runWithoutStores("next", "tax")).toMatchObject({ exitCode: 0, stderr: "" });
});

it("names the publisher's package as well if neither is installed", () => {
  const both =
    "the store lmdb:./.beatx needs @beatx/store-lmdb, and the publisher celery+redis://h needs @beatx/publisher-celery";
  const settings = { storeSource: null, configName: null } as unknown as Settings;
  expect(explainDefaultStore(new BeatxError("UNKNOWN_SCHEME", both), settings)).toMatchObject({
    code: "UNKNOWN_SCHEME",
    message: expect.stringContaining(
      "@beatx/store-lmdb is not installed, and neither is @beatx/publisher-celery, which the publisher needs. " +
        "Either install both (npm install @beatx/publisher-celery @beatx/store-lmdb), or name another store (--store)",
    ) as string,
  });
});
