import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runProcess, waitFor } from "./run-process.js";
import type { RunningProcess } from "./run-process.js";

/** One execution of a task, as the worker saw it. */
export interface CeleryRecord {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  /** Unix seconds at which the task's body began. */
  readonly received_at: number;
  readonly eta: string | null;
  readonly expires: string | null;
  readonly retries: number | null;
  /** Hard and soft time limit, in seconds. */
  readonly timelimit: readonly (number | null)[] | null;
  readonly root_id: string | null;
  readonly parent_id: string | null;
  readonly group: string | null;
  readonly correlation_id: string | null;
  readonly reply_to: string | null;
  readonly origin: string | null;
  /** Custom headers of the message: those with a `-` in their name. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly shadow: string | null;
  readonly argsrepr: string | null;
  readonly kwargsrepr: string | null;
  readonly ignore_result: boolean | null;
  readonly exchange: string | null;
  readonly routing_key: string | null;
  readonly priority: number | null;
  readonly redelivered: boolean | null;
  readonly worker: string | null;
}

/** A message that the worker did not execute, or, once, `ready`. */
export interface CeleryEvent {
  readonly event: "ready" | "expired" | "revoked" | "unknown" | "rejected" | "internal-error";
  /** Unix seconds. */
  readonly at: number;
  readonly id?: string;
  readonly task?: string | null;
  readonly error?: string;
}

export interface CeleryWorkerOptions {
  /** `redis://…`, `rediss://…?ssl_cert_reqs=…`, `sentinel://…;sentinel://…` or `amqp://…` */
  readonly broker: string;
  /** `redis://…/db`, where the worker records its executions. */
  readonly record: string;
  /** Name of the list in `record`. Default `received`. */
  readonly key?: string;
  /** Queues to consume. Default `celery`. */
  readonly queues?: readonly string[];
  /**
   * Number of messages that the worker fetches ahead; 0: no limit. Default 4. On RabbitMQ a solo worker of Celery 5.2
   * sometimes waits for some seconds when it may fetch only a few.
   */
  readonly prefetch?: number;
  /** More task names to accept; they behave like `tasks.echo`. */
  readonly tasks?: readonly string[];
  /** Celery's `broker_transport_options`, such as `{ master_name: "main" }` for sentinels. */
  readonly transportOptions?: Readonly<Record<string, unknown>>;
  /** RabbitMQ: declares the queues with this `x-max-priority`. Default: none. */
  readonly maxPriority?: number;
  /** RabbitMQ: declares the queues with these arguments, such as `{ "x-queue-type": "quorum" }`. Default: none. */
  readonly queueArguments?: Readonly<Record<string, unknown>>;
}

export interface CeleryWorker {
  readonly pid: number;
  /** Executions so far, oldest first. */
  received(): Promise<CeleryRecord[]>;
  /** Resolves to the executions once there are `count`; rejects after a minute or when the worker ends. */
  waitForReceived(count: number): Promise<CeleryRecord[]>;
  events(): Promise<CeleryEvent[]>;
  /** The end of its log so far, at most 64 kB. */
  log(): string;
  /** SIGTERM; the worker ends after its current task. */
  stop(): Promise<void>;
  /** SIGKILL */
  kill(): Promise<void>;
}

const PYTHON = "/usr/bin/python3";
const INSTALL = "apt-get install python3-celery python3-redis";
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/**
 * Starts a real Celery worker: one process, one task at a time, with the tasks `tasks.add`, `tasks.echo`, `tasks.sleep`
 * and `tasks.fail`. Resolves when the worker consumes, which takes a second or more.
 */
export async function startCeleryWorker(options: CeleryWorkerOptions): Promise<CeleryWorker> {
  const { record, key = "received" } = options;
  const script = fileURLToPath(new URL("../celery-worker/run_worker.py", import.meta.url));
  // -B: write no compiled files next to the sources.
  const child = await runProcess(PYTHON, ["-B", script, ...argumentsOf(options)], { install: INSTALL });
  const ready = await waitFor("the Celery worker", () => child.hasEnded || /^READY$/m.test(child.output()));
  if (ready && child.hasEnded) throw new Error(await explainEnd(child));

  const received = (): Promise<CeleryRecord[]> => readList<CeleryRecord>(record, key);
  return {
    pid: child.pid,
    received,
    async waitForReceived(count) {
      const enough = async (): Promise<CeleryRecord[] | undefined> => {
        const records = await received();
        return child.hasEnded || records.length >= count ? records : undefined;
      };
      const records = await waitFor(`${count} executions by the Celery worker`, enough);
      if (records.length < count) throw new Error(await explainEnd(child));
      return records;
    },
    events: () => readList<CeleryEvent>(record, `${key}:events`),
    log: () => child.output(),
    stop: () => (child.hasEnded ? Promise.resolve() : child.stop()),
    kill: () => (child.hasEnded ? Promise.resolve() : child.kill()),
  };
}

function argumentsOf(options: CeleryWorkerOptions): string[] {
  const { broker, record, key = "received", queues = ["celery"], tasks = [] } = options;
  const { transportOptions, maxPriority, queueArguments, prefetch } = options;
  const args = ["--broker", broker, "--record", record, "--key", key, "--queues", queues.join(",")];
  if (tasks.length > 0) args.push("--tasks", tasks.join(","));
  if (transportOptions !== undefined) args.push("--transport-options", JSON.stringify(transportOptions));
  if (prefetch !== undefined) args.push("--prefetch", String(prefetch));
  if (maxPriority !== undefined) args.push("--max-priority", String(maxPriority));
  if (queueArguments !== undefined) args.push("--queue-arguments", JSON.stringify(queueArguments));
  return args;
}

async function explainEnd(child: RunningProcess): Promise<string> {
  const missing = child.output().includes("ModuleNotFoundError") ? ` (${INSTALL})` : "";
  return `the Celery worker has ended: ${await child.ended}${missing}\n${child.output()}`;
}

/** Reads a list of JSON texts. It uses `redis-cli`, so that this package needs no client library. */
async function readList<T>(uri: string, key: string): Promise<T[]> {
  const args = ["-u", uri, "LRANGE", key, "0", "-1"];
  const { stdout } = await promisify(execFile)("redis-cli", args, { maxBuffer: MAX_LIST_BYTES }).catch(explainMissing);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as T);
}

function explainMissing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== "ENOENT") throw cause;
  throw new Error("redis-cli is not installed: apt-get install redis-tools", { cause });
}
