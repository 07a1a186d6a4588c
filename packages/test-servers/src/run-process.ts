import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RunOptions {
  /** How to install the program, for the error when it is missing: `apt-get install redis-server`. */
  readonly install: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Length of the kept end of its output, in characters. Default 65 536. */
  readonly outputLimit?: number;
}

/** A child process that never outlives the process that started it. */
export interface RunningProcess {
  readonly pid: number;
  /** Its stdout and stderr so far; only the end is kept. */
  output(): string;
  /** Resolves when it has ended, to a line that says how. */
  readonly ended: Promise<string>;
  readonly hasEnded: boolean;
  /** SIGTERM, after 10 s SIGKILL; resolves when it has ended. Also ends a paused process. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** SIGSTOP; returns when every thread of the process has stopped. */
  pause(): void;
  /** SIGCONT */
  resume(): void;
}

const STOP_GRACE_MS = 10_000;
const OUTPUT_LIMIT = 65_536;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a program. Rejects when it cannot be started. The caller must check whether it then works. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunningProcess> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  await started(child, command, options.install);
  running.add(child);
  return watchProcess(child, options.outputLimit ?? OUTPUT_LIMIT);
}

function watchProcess(child: ChildProcess, outputLimit: number): RunningProcess {
  let text = "";
  let hasEnded = false;
  const collect = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-outputLimit);
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const ended = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => {
      hasEnded = true;
      running.delete(child);
      resolve(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
    });
  });
  return {
    pid: child.pid!,
    output: () => text,
    ended,
    get hasEnded() {
      return hasEnded;
    },
    async stop() {
      const grace = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      child.kill("SIGTERM");
      child.kill("SIGCONT");
      await ended;
      clearTimeout(grace);
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    pause: () => {
      child.kill("SIGSTOP");
      awaitStop(child.pid!);
    },
    resume: () => void child.kill("SIGCONT"),
  };
}

/** The threads of a process stop one by one, some ms after the signal; until then they may still answer. */
function awaitStop(pid: number): void {
  const end = performance.now() + 1_000;
  while (performance.now() < end && runningThreads(pid) > 0);
}

/** 0 on systems without `/proc`. */
function runningThreads(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return 0;
  return readdirSync(tasks).filter((id) => stateOf(`${tasks}/${id}/stat`) !== "T").length;
}

/** The state letter of a thread. A thread that has ended meanwhile counts as stopped. */
function stateOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").split(") ").at(-1)?.[0];
  } catch {
    return "T";
  }
}

function started(child: ChildProcess, command: string, install: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === "ENOENT" ? `${command} is not installed: ${install}` : `cannot start ${command}`;
      reject(new Error(missing, { cause }));
    });
  });
}

/** Runs a program to its end and resolves to its stdout and stderr. Rejects with them when its exit code is not 0. */
export async function runToEnd(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const child = await runProcess(command, args, { outputLimit: Infinity, ...options });
  const how = await child.ended;
  if (how !== "it exited with code 0") throw new Error(`${command} ${args.join(" ")}: ${how}\n${child.output()}`);
  return child.output();
}

/** Creates an empty temporary folder. The caller removes it. */
export function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `beatx-${name}-`));
}

/**
 * Calls `probe` every 20 ms until it returns something other than `undefined`, `null` or `false`, and resolves to that. A
 * probe that throws is called again. Rejects after `timeoutMs` (60 s) with `what` and the last error.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeoutMs = 60_000,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
}
