/**
 * Runs occurrences in this process, for applications without a queue: the leader calls the function of the task. An
 * occurrence counts as sent when its function starts. A run that crashes half-way is not repeated.
 */

import { HandlerRuns } from "./handler-runs.js";
import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { type Publisher, PUBLISHER_CONTRACT } from "../contract/publisher.js";
import type { Handlers, HandlersOptions } from "./handler-runs.js";

export interface HandlersPublisher extends Publisher {
  /** Resolves when no run is open. */
  onIdle(): Promise<void>;
}

/** @throws ConfigError if there are no handlers, or one is not a function. */
export function handlersPublisher(options: HandlersOptions): HandlersPublisher {
  checkHandlers(options.handlers);
  const runs = new HandlerRuns(options);
  return {
    contract: PUBLISHER_CONTRACT,
    name: "handlers",
    delivery: "at-least-once",
    skipsOverlap: true,
    canSend: (task) => Object.hasOwn(options.handlers, task),
    publish(messages, context) {
      return Promise.resolve(messages.map((message) => runs.accept(message, context)));
    },
    onIdle: () => runs.whenIdle(),
    // A stopping node has already waited for open runs and aborted them. Nothing can end a function that ignores that.
    close: () => Promise.resolve(),
  };
}

export function checkHandlers(handlers: Handlers): void {
  const entries = guarded("handlers", () => Object.entries(handlers));
  if (entries.length === 0)
    throw new ConfigError("handlers is empty: add a function for each task", { field: "handlers" });
  for (const [task, handler] of entries) {
    if (typeof handler === "function") continue;
    throw new ConfigError(`handlers["${task}"] is not a function`, { field: `handlers.${task}` });
  }
}
