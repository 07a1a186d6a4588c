import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@beatx/test-servers";
import { runProgram } from "../../src/program.js";
import type { Ended } from "../command-folder.js";
import { fakeContext } from "../fake-context.js";

/** What an application gets wrong, or what fails around it. */
export interface BrokenSetUp {
  /** Breaks it; answers the configuration of the node, without namespace and schedule if these do not matter. */
  readonly prepare: (namespace: string) => Promise<PreparedSetUp>;
  /** What the node logs. `null`: no node runs. */
  readonly log: RegExp | null;
  /** What `beatx status` prints, on stdout or stderr, and its exit code. */
  readonly status: RegExp;
  readonly exitCode: number;
}

export interface PreparedSetUp {
  readonly config: object;
  /** The functions of `handlers`, as the text of an object. */
  readonly handlers?: string;
  /** Breaks it while the node runs. */
  readonly afterStart?: () => Promise<unknown>;
  /** Called at the end. */
  readonly undo?: () => Promise<unknown>;
}

/** A password that nothing may print. */
export const SECRET = "planted-password";

export const EVERY_SECOND = { task: "t", schedule: "1s" };

/** The log of the node and the answer of `beatx status`, as soon as both name what is wrong, or what they say instead. */
export async function observe(setUp: BrokenSetUp, namespace: string): Promise<{ log: string; status: Ended }> {
  const prepared = await setUp.prepare(namespace);
  const folder = await mkdtemp(join(tmpdir(), "beatx-broken-"));
  await writeConfig(folder, namespace, prepared);
  const node = fakeContext(folder);
  const ended = setUp.log === null ? null : runProgram(["start"], node);
  let status: Ended = { exitCode: -1, stdout: "", stderr: "" };
  const log = (): string => node.printed.stdout + node.printed.stderr;
  try {
    await prepared.afterStart?.();
    await waitFor(
      "the log and the status",
      async () => {
        status = await run(folder, ["status"]);
        const isNamed = status.exitCode === setUp.exitCode && setUp.status.test(status.stdout + status.stderr);
        return isNamed && (setUp.log === null || setUp.log.test(log()));
      },
      30_000,
    ).catch(() => undefined);
    return { log: log(), status };
  } finally {
    node.signal("SIGTERM");
    await prepared.undo?.();
    await ended;
    await rm(folder, { recursive: true });
  }
}

async function writeConfig(folder: string, namespace: string, { config, handlers }: PreparedSetUp): Promise<void> {
  const json = JSON.stringify({ namespace, lockTtlMs: 4_000, schedule: { job: EVERY_SECOND }, ...config });
  const text = handlers === undefined ? json : `export default { ...${json}, handlers: ${handlers} };`;
  await writeFile(join(folder, `beat.config.${handlers === undefined ? "json" : "mjs"}`), text);
}

async function run(cwd: string, args: readonly string[]): Promise<Ended> {
  const context = fakeContext(cwd);
  const exitCode = await runProgram(args, context);
  return { exitCode, ...context.printed };
}
