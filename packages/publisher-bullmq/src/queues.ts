import type { RedisClient } from "@beatx/shared-redis";
import { Queue } from "bullmq";

/** BullMQ's queues, on one connection. */
export interface Queues {
  get(name: string): Queue;
  /** The version of BullMQ as it names itself, such as "bullmq:6.7.0"; `undefined` if it does not. */
  versionOf(name: string): string | undefined;
  /** Sends nothing to the server. */
  close(): Promise<void>;
}

export function createQueues(connection: RedisClient, prefix: string): Queues {
  const queues = new Map<string, Queue>();

  function create(name: string): Queue {
    const queue = new Queue(name, {
      connection,
      prefix,
      // Ask the server nothing before the first job, so that an outage cannot break the queue.
      skipVersionCheck: true,
      skipWaitingForReady: true,
      // The queue's settings belong to the application: a producer that writes them would undo its event limit.
      skipMetasUpdate: true,
    });
    // Commands reject with the same error. Without a listener BullMQ prints it to the console.
    queue.on("error", () => undefined);
    return queue;
  }

  function get(name: string): Queue {
    let queue = queues.get(name);
    if (!queue) {
      queue = create(name);
      queues.set(name, queue);
    }
    return queue;
  }

  return {
    get,
    versionOf(name) {
      const { metaValues } = get(name) as { readonly metaValues?: { readonly version?: unknown } };
      return typeof metaValues?.version === "string" ? metaValues.version : undefined;
    },
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
      queues.clear();
    },
  };
}
