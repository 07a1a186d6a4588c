/**
 * The program of a worker process, started by `WorkerProcess`. It gets a `WorkerTask`, answers `WorkerReady` and competes
 * until the order to finish. It does not exit by force: if the store leaves something running, the process does not end, and
 * the report shows that.
 */

import { ConfigError, type Store } from "@beatx/core";
import type { StoreProvider } from "@beatx/core/adapter";
import { CompetingNode } from "./competing-node.js";
import type { StoreEntryPoint } from "./options.js";
import type { WorkerOrder, WorkerReady, WorkerTask } from "./worker-task.js";

const finishing = new AbortController();
const endWithConductor = (): never => process.exit();
process.once("disconnect", endWithConductor);
process.on("message", (message: WorkerTask | WorkerOrder) => {
  // The order may come before the store is open.
  if (message === "finish") finishing.abort();
  else void run(message);
});

async function run(task: WorkerTask): Promise<void> {
  const commandTimeoutMs = task.kind === "compete" ? task.pace.commandTimeoutMs : undefined;
  const store = await openStore(task.store, task.namespace, commandTimeoutMs);
  const { name, capabilities } = store;
  const ready: WorkerReady = { storeName: name, lockResolutionMs: capabilities.lockResolutionMs };
  if (task.kind === "compete") {
    process.send!(ready);
    await new CompetingNode(store, task, finishing.signal).run();
  } else {
    await store.close();
    await new Promise((resolve) => process.send!(ready, resolve));
  }
  process.off("disconnect", endWithConductor);
  process.disconnect();
}

async function openStore(
  entryPoint: StoreEntryPoint,
  namespace: string,
  commandTimeoutMs: number | undefined,
): Promise<Store> {
  const { module, open, uri, options } = entryPoint;
  const exports = (await import(module)) as Readonly<Record<string, unknown>>;
  const found = exports[open];
  if (!canOpen(found)) {
    const names = Object.keys(exports).join(", ");
    throw new ConfigError(
      `${module} exports no store provider or function "${open}" (it exports: ${names || "nothing"})`,
    );
  }
  const storeOptions = { ...options, namespace, ...(commandTimeoutMs !== undefined && { commandTimeoutMs }) };
  return typeof found === "function" ? found(uri, storeOptions) : found.open(uri, storeOptions);
}

function canOpen(found: unknown): found is StoreProvider | StoreProvider["open"] {
  if (typeof found === "function") return true;
  return typeof found === "object" && found !== null && "open" in found && typeof found.open === "function";
}
