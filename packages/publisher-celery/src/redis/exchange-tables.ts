import { PublishError } from "@beatx/core/adapter";
import type { Clock } from "@beatx/core";
import type { RedisConnection } from "@beatx/shared-redis";
import { bindingKey, findQueues, parseBinding } from "./bindings.js";
import type { Binding, KeyNaming } from "./bindings.js";
import type { Address } from "../message/message.js";
import { describeRoute, explainNoQueue } from "../message/no-queue.js";

/** The queues that named exchanges reach: the tables that workers leave in the broker when they declare their queues. */
export interface ExchangeTables {
  /** Reads the tables of these exchanges now. If reading one fails, `queuesOf` throws the reason for that exchange only. */
  read(exchanges: Iterable<string>, signal?: AbortSignal): Promise<void>;
  /** Reads every table again that was ever read. */
  readAgain(signal?: AbortSignal): Promise<void>;
  /**
   * The queues of an address, from the last reading. A table that is missing, old or leads nowhere is read again in the
   * background, for the next call.
   * @throws PublishError when the address reaches no known queue.
   */
  queuesOf(address: Address): readonly string[];
}

interface Table {
  readonly bindings: readonly Binding[];
  readonly readAt: number;
}

/** How long a table is used before it is read again, in ms. */
const MAX_AGE_MS = 60_000;

export function createExchangeTables(connection: RedisConnection, naming: KeyNaming, clock: Clock): ExchangeTables {
  const { keyPrefix, separator } = naming;
  const tables = new Map<string, Table>();
  const failures = new Map<string, Error>();
  const wanted = new Set<string>();
  const beingRead = new Set<string>();

  async function readOne(exchange: string, signal?: AbortSignal): Promise<void> {
    wanted.add(exchange);
    const key = bindingKey(exchange, keyPrefix);
    try {
      const rows = await connection.run("read the bindings", (redis) => redis.smembers(key), signal);
      const bindings = rows.map((row) => parseBinding(row, separator));
      tables.set(exchange, { bindings, readAt: clock.monotonicMs() });
      failures.delete(exchange);
    } catch (error) {
      failures.set(exchange, error as Error);
    }
  }

  async function read(exchanges: Iterable<string>, signal?: AbortSignal): Promise<void> {
    await Promise.all(Array.from(exchanges, (exchange) => readOne(exchange, signal)));
  }

  function readInBackground(exchange: string): void {
    if (beingRead.has(exchange)) return;
    beingRead.add(exchange);
    void readOne(exchange).finally(() => beingRead.delete(exchange));
  }

  function queuesOf(address: Address): readonly string[] {
    const { exchange, routingKey } = address;
    if (exchange === "") return [routingKey];
    const table = tables.get(exchange);
    const queues = findQueues(table?.bindings ?? [], routingKey);
    const isOld = table === undefined || clock.monotonicMs() - table.readAt > MAX_AGE_MS;
    if (isOld || queues.length === 0) readInBackground(exchange);
    if (queues.length === 0) throw explainNone(address, table, failures.get(exchange));
    return queues;
  }

  return { read, readAgain: (signal) => read(wanted, signal), queuesOf };
}

function explainNone(address: Address, table: Table | undefined, failure: Error | undefined): PublishError {
  const route = describeRoute(address);
  if (failure) return new PublishError(`${route} could not be looked up: ${failure.message}`);
  if (!table) return new PublishError(`${route} is being looked up: the next attempt finds it`);
  return explainNoQueue(address);
}
