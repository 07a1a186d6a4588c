import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RedisServer, type RunningProcess, runProcess, waitFor } from "@beatx/test-servers";
import { inject } from "vitest";

const RUN_MS = 2_500;
export const QUEUE_DATABASE = "1";
const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Starts a worker whose tasks take some seconds; it takes up to four at a time. Resolves when it consumes. */
export type StartWorker = (redis: RedisServer) => Promise<RunningProcess>;

/** Rows of the runs, in the server's order: `start ID`, `end ID`, and `killed` when the worker was. */
export const ROWS = { database: "2", key: "rows" } as const;

const rowsUri = ({ uri }: RedisServer): string => `${uri}/${ROWS.database}`;

/** `settings`: of the app, beside those that the worker needs. */
export function celery(settings: object = {}): StartWorker {
  return (redis) => {
    const python = join(inject("application"), "node_modules/@beatx/publisher-celery/python");
    const args = [`${redis.uri}/${QUEUE_DATABASE}`, python, rowsUri(redis), String(RUN_MS), JSON.stringify(settings)];
    return whenReady("/usr/bin/python3", ["-B", pathOf("./slow_worker.py"), ...args]);
  };
}

export const bullmq: StartWorker = (redis) => {
  return whenReady(process.execPath, [
    pathOf("./slow-worker.mjs"),
    String(redis.port),
    QUEUE_DATABASE,
    rowsUri(redis),
    String(RUN_MS),
  ]);
};

async function whenReady(command: string, args: readonly string[]): Promise<RunningProcess> {
  const worker = await runProcess(command, args, { install: "apt-get install python3-celery python3-redis" });
  await waitFor("the worker", () => worker.hasEnded || /^READY$/m.test(worker.output()));
  if (worker.hasEnded) throw new Error(`the worker has ended: ${worker.output()}`);
  return worker;
}
