import { fileURLToPath } from "node:url";
import { runProcess, waitFor } from "@beatx/test-servers";
import type { RunningProcess } from "@beatx/test-servers";

const SCRIPT = fileURLToPath(new URL("./overlap_worker.py", import.meta.url));

/** With the Python of `BEATX_CELERY_PYTHON`, such as that of a virtual environment with another Celery, or the system's. */
const PYTHON = process.env["BEATX_CELERY_PYTHON"] ?? "/usr/bin/python3";

export interface OverlapWorkerOptions {
  readonly broker: string;
  /** `redis://…/db`, where the tasks note their runs. Default: the broker. */
  readonly notes?: string;
  /** Default `prefork`. */
  readonly pool?: string;
  /** Celery's `broker_transport_options`. */
  readonly transportOptions?: object;
  /** More settings of the app. */
  readonly settings?: object;
}

/** Starts a worker with the tasks of `overlap_worker.py`; resolves when it consumes. */
export async function startOverlapWorker(options: OverlapWorkerOptions): Promise<RunningProcess> {
  const { broker, notes = broker, pool = "prefork", transportOptions = {}, settings = {} } = options;
  const args = ["-B", SCRIPT, broker, pool, JSON.stringify(transportOptions), notes, JSON.stringify(settings)];
  const worker = await runProcess(PYTHON, args, { install: "apt-get install python3-celery python3-redis" });
  await waitFor("the worker", () => worker.hasEnded || /^READY$/m.test(worker.output()));
  if (worker.hasEnded) throw new Error(`the worker has ended: ${worker.output()}`);
  return worker;
}
