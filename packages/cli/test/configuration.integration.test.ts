import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runBeatx } from "./run-beatx.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-cli-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe("a configuration in JavaScript", () => {
  // In a process of its own: inside the test runner, `import` treats such paths in another way.
  it.each(["with space", "with#hash", "with%20percent", "with?question"])("may lie in a folder %j", async (name) => {
    const inner = join(folder, name);
    await mkdir(inner);
    const config = 'export default { schedule: { tax: { task: "tax.send", schedule: "1h" } } };';
    await writeFile(join(inner, "beat.config.mjs"), config);
    const { exitCode, stdout, stderr } = await runBeatx(inner, "simulate", "--file-only");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^tax +24 +0 +0$/m);
  });
});

describe("a configuration in TypeScript", () => {
  it("may use the packages of its application", async () => {
    await mkdir(join(folder, "node_modules/@beatx"), { recursive: true });
    await symlink(PACKAGE, join(folder, "node_modules/@beatx/cli"));
    await symlink(join(PACKAGE, "../core"), join(folder, "node_modules/@beatx/core"));
    const config = `
      import { defineConfig } from "@beatx/cli";
      import { crontab } from "@beatx/core";
      const schedule = crontab("0 7 1 1 *", { timezone: "Europe/Berlin" });
      export default defineConfig({ schedule: { tax: { task: "tax.send", schedule } } });`;
    await writeFile(join(folder, "beat.config.ts"), config);
    const { exitCode, stdout } = await runBeatx(folder, "next", "tax", "-n", "1");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^20\d\d-01-01 07:00:00\+01:00 /m);
  });
});
