import { PublishError } from "@beatx/core/adapter";
import type { Clock } from "@beatx/core";
import type { RedisConnection } from "@beatx/shared-redis";
import { bindingKey, findQueues, parseBinding } from "./bindings.js";
import type { Binding } from "./bindings.js";
import type { Address } from "../message/message.js";

/** Which queues the named exchanges reach: the tables that workers leave in the broker when they declare their queues. */
export interface ExchangeTables {
  /** Reads the tables of these exchanges now. What goes wrong is told by `queuesOf`, of each exchange for itself. */
  read(exchanges: Iterable<string>, signal?: AbortSignal): Promise<void>;
  /** Reads again every table that was ever asked for. */
  readAgain(): Promise<void>;
  /**
   * The queues of an address, from what was read last. A table that is missing, old or leads nowhere is read again
   * meanwhile, for the next call.
   * @throws PublishError when no queue is known to be reached: Celery would lose the message in silence.
   */
  queuesOf(address: Address): readonly string[];
}

/** How long a table is used without being read again, in ms. */
const MAX_AGE_MS = 60_000;

export function createExchangeTables(connection: RedisConnection, keyPrefix: string, clock: Clock): ExchangeTables {
  const tables = new Map<string, { readonly bindings: readonly Binding[]; readonly readAt: number }>();
  const failures = new Map<string, Error>();
  const wanted = new Set<string>();
  const beingRead = new Set<string>();

  async function readOne(exchange: string, signal?: AbortSignal): Promise<void> {
    wanted.add(exchange);
    const key = bindingKey(exchange, keyPrefix);
    const rows = await connection.run("read the bindings", (redis) => redis.smembers(key), signal);
    tables.set(exchange, { bindings: rows.map(parseBinding), readAt: clock.monotonicMs() });
    failures.delete(exchange);
  }

  async function read(exchanges: Iterable<string>, signal?: AbortSignal): Promise<void> {
    const readOrNote = (exchange: string): Promise<unknown> =>
      readOne(exchange, signal).catch((error: Error) => failures.set(exchange, error));
    await Promise.all(Array.from(exchanges, readOrNote));
  }

  /** What goes wrong is told to whoever asks for the exchange next. */
  function readMeanwhile(exchange: string): void {
    if (beingRead.has(exchange)) return;
    beingRead.add(exchange);
    void readOne(exchange)
      .catch((error: Error) => failures.set(exchange, error))
      .finally(() => beingRead.delete(exchange));
  }

  function queuesOf({ exchange, routingKey }: Address): readonly string[] {
    if (exchange === "") return [routingKey];
    const table = tables.get(exchange);
    const queues = findQueues(table?.bindings ?? [], routingKey);
    const old = table === undefined || clock.monotonicMs() - table.readAt > MAX_AGE_MS;
    if (old || queues.length === 0) readMeanwhile(exchange);
    if (queues.length > 0) return queues;
    const where = `exchange ${JSON.stringify(exchange)} with routing key ${JSON.stringify(routingKey)}`;
    const failure = failures.get(exchange);
    if (failure) throw new PublishError(`${where} could not be looked up: ${failure.message}`);
    if (!table) throw new PublishError(`${where} is being looked up: the next attempt finds it`);
    const advice = "start the worker that declares the binding, or name the queue in the option queue";
    throw new PublishError(`${where} reaches no queue: ${advice}`);
  }

  return { read, readAgain: () => read(wanted), queuesOf };
}
