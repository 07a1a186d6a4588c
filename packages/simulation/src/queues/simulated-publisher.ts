import {
  type Message,
  type OutboxWrite,
  PassedError,
  PUBLISHER_CONTRACT,
  type PublishContext,
  PublishError,
  type Publisher,
} from "@beatx/core/adapter";

import type { Link } from "../world/link.js";
import type { QueuePromise } from "../world/world.js";
import type { Broker } from "./broker.js";

/** A batch of which only some messages get through, or whose confirmations do. */
export interface BatchFault {
  /** So many messages arrive, as a share of the batch. */
  readonly taken: number;
  /** So many are confirmed, as a share of the batch; the outcome of the others is unknown. */
  readonly confirmed: number;
}

export interface SimulatedPublisherOptions {
  readonly link: Link;
  readonly broker: Broker;
  readonly promise: QueuePromise;
  /** Messages on their way into a store's step, by the text that stands for them. */
  readonly inStep: Map<string, Message>;
  /** Called when a batch is handed over, before anything is sent. */
  readonly onPublish: (messages: readonly Message[]) => void;
  /** Called when the process learns that a message arrived. */
  readonly onConfirmed: (message: Message) => void;
  readonly takeBatchFault: () => BatchFault | undefined;
}

/** A publisher of one process, over its link to the broker. */
export function simulatedPublisher(options: SimulatedPublisherOptions): Publisher {
  const { link, broker, promise, inStep, onPublish, onConfirmed } = options;
  const outbox = {
    leaveMark: () => link.call("leaveMark", () => broker.leaveMark()),
    writesFor(message: Message): OutboxWrite[] {
      const value = `${message.id} ${message.fence} ${message.coalesced} ${inStep.size}`;
      inStep.set(value, message);
      return [{ kind: "list-push", database: 0, key: "queue", value }];
    },
  };
  return {
    contract: PUBLISHER_CONTRACT,
    name: `simulated (${promise})`,
    delivery: promise === "comparing" ? "exactly-once" : "at-least-once",
    ...(promise === "in the store" ? { outbox } : {}),
    async publish(messages, context) {
      onPublish(messages);
      const work = link.call("publish", () => take(options, messages));
      const answers = await untilAborted(work, context);
      messages.forEach((message, index) => answers[index] ?? onConfirmed(message));
      return answers;
    },
    checkHealth: () =>
      link.call("checkHealth", () => {
        if (broker.isRefusing) throw new PublishError("the simulated broker refuses all messages for a while");
        return [];
      }),
    close: async () => undefined,
  };
}

/** What the broker does with a batch. */
function take({ broker, promise, takeBatchFault }: SimulatedPublisherOptions, messages: readonly Message[]) {
  if (broker.isRefusing) return messages.map(() => new PublishError("refused", { notSent: true }));
  const { taken = 1, confirmed = 1 } = takeBatchFault() ?? {};
  return messages.map((message, index): Error | undefined => {
    const isConfirmed = index < confirmed * messages.length;
    if (index >= taken * messages.length) {
      return isConfirmed ? new PublishError("refused", { notSent: true }) : new PublishError("not confirmed");
    }
    const answer = promise === "comparing" ? broker.compareAndPush(message) : (broker.push(message, false), "new");
    if (!isConfirmed) return new PublishError("not confirmed");
    return answer === "passed" ? new PassedError("a later instant was taken") : undefined;
  });
}

function untilAborted<T>(work: Promise<T>, { signal }: PublishContext): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new PublishError("called off before it was confirmed"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject);
  });
}
