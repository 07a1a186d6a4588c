import { fork, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigError, StoreError } from "@beatx/core";
import type { WorkerOrder, WorkerReady, WorkerTask } from "./worker-task.js";

/** How long a worker may take to start or to end, on a very slow machine. */
const PATIENCE_MS = 60_000;
const KEPT_STDERR = 2_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * A worker, as the conductor sees it. It ends with the process that started it; if that is killed while the worker is
 * stopped, as soon as the worker is continued.
 */
export class WorkerProcess {
  readonly name: string;
  /** Resolves when the process has ended: to what went wrong, or to `null` when it was killed or had finished. */
  readonly ended: Promise<string | null>;
  /** Resolves when the worker has opened its store; rejects when it ends before. */
  readonly ready: Promise<WorkerReady>;
  readonly #child: ChildProcess;
  #isKilled = false;
  #stderr = "";

  constructor(name: string, task: WorkerTask) {
    this.name = name;
    // Not the arguments of the test runner, which may be loaders. `advanced` lets options hold buffers.
    this.#child = fork(workerFile(), [], {
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    running.add(this.#child);
    this.#child.stderr!.on(
      "data",
      (chunk: Buffer) => (this.#stderr = (this.#stderr + String(chunk)).slice(-KEPT_STDERR)),
    );
    this.ended = this.#waitForEnd();
    this.ready = this.#waitUntilReady();
    this.ready.catch(() => undefined);
    if (this.#child.pid !== undefined) this.#child.send(task);
  }

  /** SIGSTOP */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  /** SIGCONT */
  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** SIGKILL; resolves when it has ended. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Tells it to release, close and end; resolves as `ended` does. */
  async finish(): Promise<string | null> {
    const order: WorkerOrder = "finish";
    if (this.#child.connected) this.#child.send(order);
    let isLate = false;
    const patience = setTimeout(() => {
      isLate = true;
      this.#child.kill("SIGKILL");
    }, PATIENCE_MS);
    const crash = await this.ended;
    clearTimeout(patience);
    return isLate ? `worker ${this.name} was still running ${PATIENCE_MS / 1000} s after it was told to end` : crash;
  }

  #waitForEnd(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#child.on("error", (error) => {
        // After the start it is only about a message to a process that has just ended.
        if (this.#child.pid === undefined) resolve(`worker ${this.name} could not be started: ${error.message}`);
      });
      this.#child.once("close", (code, signal) => {
        running.delete(this.#child);
        const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
        const isFine = this.#isKilled || code === 0;
        resolve(isFine ? null : `worker ${this.name} ${how}: ${this.#stderr.trim() || "it wrote nothing to stderr"}`);
      });
    });
  }

  #waitUntilReady(): Promise<WorkerReady> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        reject(new StoreError(`worker ${this.name} has not opened its store within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
      this.#child.once("message", (message) => {
        clearTimeout(patience);
        resolve(message as WorkerReady);
      });
      void this.ended.then((crash) => {
        clearTimeout(patience);
        reject(new StoreError(crash ?? `worker ${this.name} ended before it had opened its store`));
      });
    });
  }
}

/** Beside this file when that is built; of the last build when it runs from its source, as tests of this package do. */
function workerFile(): string {
  const candidates = ["./worker.js", "../../dist/hammer/worker.js"];
  const found = candidates
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new ConfigError("dist/hammer/worker.js is missing: run `npm run build` first");
  return found;
}
