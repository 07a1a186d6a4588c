import { PublishError } from "@beatx/core/adapter";
import { isRefusal, wordsOf } from "./errors.js";
import type { AmqpSession } from "./session.js";
import { toFieldTable } from "./field-table.js";

/** Declares queues as Celery does: the queue, a direct exchange of the same name, and the binding between the two. */
export interface QueueDeclarer {
  /**
   * Declares the queues that this publisher has not declared yet. Resolves to the errors of queues that cannot be used, by
   * name. `mayGoOn` throws when it is too late. Rejects when the connection is lost.
   */
  declare(
    session: AmqpSession,
    queues: Iterable<string>,
    mayGoOn: () => void,
  ): Promise<ReadonlyMap<string, PublishError>>;
  /** Call this when a queue is missing: the next message declares it again. */
  drop(queue: string): void;
}

export interface QueueSettings {
  readonly createMissingQueues: boolean;
  readonly queueMaxPriority: number | undefined;
}

export function createQueueDeclarer({ createMissingQueues, queueMaxPriority }: QueueSettings): QueueDeclarer {
  // Kept when the connection is lost: queues are durable, and one deadline may be too short to declare many again.
  const declared = new Set<string>();
  const args = toFieldTable(queueMaxPriority === undefined ? {} : { "x-max-priority": queueMaxPriority });

  async function declareOne(session: AmqpSession, queue: string): Promise<void> {
    const channel = await session.declareChannel();
    await channel.assertExchange(queue, "direct", { durable: true });
    await channel.assertQueue(queue, { durable: true, arguments: args });
    await channel.bindQueue(queue, queue, queue);
    declared.add(queue);
  }

  return {
    async declare(session, queues, mayGoOn) {
      const refused = new Map<string, PublishError>();
      if (!createMissingQueues) return refused;
      for (const queue of queues) {
        if (declared.has(queue)) continue;
        mayGoOn();
        try {
          await declareOne(session, queue);
        } catch (error) {
          if (!isRefusal(error)) throw error;
          refused.set(queue, explainRefusal(queue, error));
        }
      }
      return refused;
    },
    drop: (queue) => void declared.delete(queue),
  };
}

function explainRefusal(queue: string, error: unknown): PublishError {
  const exists = (error as { readonly code?: unknown }).code === 406;
  const what = exists ? "exists with other properties than beatx would give it" : "cannot be declared";
  const advice = exists
    ? 'set "queueMaxPriority" as the workers do, or "createMissingQueues" to false to use the queue as it is'
    : 'create it, and set "createMissingQueues" to false';
  return new PublishError(`queue ${JSON.stringify(queue)} ${what} (${wordsOf(error)}): ${advice}`);
}
