import { fork, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigError, StoreError } from "@beatx/core";
import type { WorkerOrder, WorkerReady, WorkerTask } from "./worker-task.js";

/** The longest that a worker may take to start or to end, with room for a very slow machine. */
const PATIENCE_MS = 60_000;
const KEPT_STDERR = 2_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * A worker, seen from the process that started it. It ends with that process, or, if stopped then, as soon as it is resumed.
 */
export class WorkerProcess {
  readonly name: string;
  /** Resolves when the process has ended: to `null` if it was killed or had finished, else to the reason. */
  readonly ended: Promise<string | null>;
  /** Resolves when the worker has opened its store; rejects if it ends before. */
  readonly ready: Promise<WorkerReady>;
  readonly #child: ChildProcess;
  #isKilled = false;
  #stderr = "";

  constructor(name: string, task: WorkerTask) {
    this.name = name;
    // No arguments of the test runner, which may be loaders. `advanced` allows buffers in the options.
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

  /** SIGKILL; resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Orders the worker to release, close and end; resolves as `ended` does. */
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
    return isLate ? `worker ${this.name} was still running ${PATIENCE_MS / 1000} s after the order to end` : crash;
  }

  #waitForEnd(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#child.on("error", (error) => {
        // Once the process has started, this is only a message that could not be sent because it has just ended.
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
        reject(new StoreError(`worker ${this.name} did not open its store within ${PATIENCE_MS / 1000} s`));
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

/** Built code finds it in the same folder; this package's tests run the sources and find it in the last build. */
function workerFile(): string {
  const candidates = ["./worker.js", "../../dist/hammer/worker.js"];
  const found = candidates
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new ConfigError("dist/hammer/worker.js is missing: run `npm run build` first");
  return found;
}
