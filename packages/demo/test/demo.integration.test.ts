import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../src/main.mjs", import.meta.url));
const BUILT = fileURLToPath(new URL("../../core/dist/index.js", import.meta.url));

let temporaryFiles: string;
let demo: ChildProcess | undefined;

beforeEach(async () => {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run \`npm run build\` before the integration tests`);
  temporaryFiles = await mkdtemp(join(tmpdir(), "beatx-demo-test-"));
});

afterEach(async () => {
  demo?.kill("SIGKILL");
  await rm(temporaryFiles, { recursive: true, force: true });
});

/** Runs the demo and calls `onLine` with each line. Resolves to its exit code and output. */
function runDemo(args: string[], onLine: (line: string) => void = () => undefined) {
  return new Promise<{ exitCode: number | null; output: string }>((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, TMPDIR: temporaryFiles } });
    demo = child;
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      chunk.toString().split("\n").forEach(onLine);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("close", (exitCode) => resolve({ exitCode, output }));
  });
}

describe("the demo", () => {
  it("kills the leader, shows the take-over, misses and repeats nothing, and leaves no files behind", async () => {
    const { exitCode, output } = await runDemo([]);
    expect(output).toMatch(/^ (\d+) occurrences expected, \1 in the queue: 0 missed, 0 repeated$/m);
    expect(output).toMatch(/kill -9 of node [abc], the leader/);
    expect(output).toMatch(/node [abc] has taken over after \d+\.\d+ s/);
    expect(output).toMatch(/graceful stop of the leader: next leader after \d+\.\d+ s/);
    expect(exitCode).toBe(0);
    expect(readdirSync(temporaryFiles)).toEqual([]);
  });

  it("ends its nodes and removes its folder when it is ended by a signal", async () => {
    const { exitCode } = await runDemo([], (line) => {
      if (line.includes("sent by")) demo?.kill("SIGTERM");
    });
    expect(exitCode).toBe(143);
    expect(readdirSync(temporaryFiles)).toEqual([]);
  });

  it("refuses an unknown option and prints its usage", async () => {
    const { exitCode, output } = await runDemo(["--fast"]);
    expect(exitCode).toBe(2);
    expect(output).toContain("usage: npm start -- [--keep]");
  });
});
