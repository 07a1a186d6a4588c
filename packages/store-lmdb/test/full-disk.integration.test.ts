import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runToEnd, temporaryFolder } from "@beatx/test-servers";
import { expect, it, onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("./full-disk.mjs", import.meta.url));

it("a write that the disk refuses is reported to the caller alone, and lmdb-js prints nothing", async () => {
  const folder = await temporaryFolder("lmdb");
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = `trap "" XFSZ; ulimit -f 1024; exec "${process.execPath}" "${PROGRAM}" "${folder}"`;
  const lines = (await runToEnd("bash", ["-c", script], { install: "apt-get install bash" })).trim().split("\n");
  // Two streams, in any order.
  expect(lines.toSorted()).toEqual([
    "the console prints again",
    expect.stringMatching(/^the lmdb store in .* cannot be used .*: the disk /),
  ]);
});
