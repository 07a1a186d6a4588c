import { fileURLToPath } from "node:url";
import { runProcess, waitFor } from "@beatx/test-servers";
import type { RunningProcess } from "@beatx/test-servers";

const SCRIPT = fileURLToPath(new URL("./overlap_worker.py", import.meta.url));

/** With the Python of `BEATX_CELERY_PYTHON`, such as that of a virtual environment with another Celery, or the system's. */
const PYTHON = process.env["BEATX_CELERY_PYTHON"] ?? "/usr/bin/python3";

/** Starts a worker with the tasks of `overlap_worker.py`; resolves when it consumes. */
export async function startOverlapWorker(
  broker: string,
  pool = "prefork",
  options: object = {},
): Promise<RunningProcess> {
  const args = ["-B", SCRIPT, broker, pool, JSON.stringify(options)];
  const worker = await runProcess(PYTHON, args, { install: "apt-get install python3-celery python3-redis" });
  await waitFor("the worker", () => {
    if (worker.hasEnded) throw new Error(`the worker has ended: ${worker.output()}`);
    return /^READY$/m.test(worker.output());
  });
  return worker;
}
