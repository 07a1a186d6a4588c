import { burstColumns } from "./bursts.js";
import type { Form, Work, WorkCell } from "./work.js";

type Described = Pick<Work, "name" | "title" | "about" | "servers">;

/** A burst of beatx beside its limit. */
interface Beside extends Described {
  readonly limit: Omit<WorkCell, "kind">;
  readonly count: number;
  readonly beatx: NonNullable<WorkCell["options"]>;
  /** Speed, against the limit. */
  readonly atLeast: number;
}

const RAW: Omit<WorkCell, "kind"> = { id: "raw", title: "pipelined LPUSH of 500", run: { cell: "raw-burst" } };

const RABBITMQ: Beside = {
  name: "rabbitmq",
  title: "Celery over RabbitMQ, 10k confirmed",
  about: "Persistent messages to a durable queue; beatx saves the cursors in Redis after the broker's confirms.",
  servers: ["redis", "rabbitmq"],
  limit: { id: "amqplib", title: "amqplib, confirms per 500", run: { cell: "amqp-burst" } },
  count: 10_000,
  beatx: { queue: "rabbitmq", everyMs: 6_000, ttlMs: 60_000 },
  atLeast: 0.85,
};

const BULLMQ: Beside = {
  name: "bullmq",
  title: "BullMQ, 4k jobs",
  about: "Jobs of one queue; beatx also gives each job an id that BullMQ recognises, and saves a cursor.",
  servers: ["redis"],
  limit: { id: "addbulk", title: "addBulk of 500", run: { cell: "bullmq-burst" } },
  count: 4_000,
  beatx: { queue: "bullmq", everyMs: 5_000, ttlMs: 60_000 },
  atLeast: 0.85,
};

const LMDB: Beside = {
  name: "lmdb",
  title: "LMDB store, Celery queue on Redis, 4k",
  about: "Redis compares instants, so each message is there once; the cursors go to a file.",
  servers: ["redis"],
  limit: RAW,
  count: 4_000,
  beatx: { store: "lmdb", everyMs: 5_000, ttlMs: 60_000 },
  atLeast: 0.5,
};

const MEMCACHED: Beside = {
  name: "memcached",
  title: "memcached store, Celery queue on Redis, 4k",
  about: "Redis compares instants, so each message is there once; the cursors go to memcached.",
  servers: ["redis", "memcached"],
  limit: RAW,
  count: 4_000,
  beatx: { store: "memcached", everyMs: 8_000, ttlMs: 5_000 },
  atLeast: 0.4,
};

/** Bursts whose store and queue are not one Redis. */
export function otherQueueWorks(form: Form): Work[] {
  return [RABBITMQ, BULLMQ, LMDB, MEMCACHED].map((beside) => workOf(beside, form));
}

function workOf({ limit, count, beatx, atLeast, ...described }: Beside, form: Form): Work {
  const options = { count, bursts: form === "full" ? 5 : 3 };
  const cell = { cell: "beatx", metric: "wallMs", against: limit.id, inverse: true };
  return {
    ...described,
    rounds: form === "full" ? 5 : 1,
    cells: [
      { ...limit, kind: "limit", options },
      { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "beatx-burst" }, options: { ...options, ...beatx } },
    ],
    columns: burstColumns(limit.id),
    targets: [
      { ...cell, says: `speed ≥ ${atLeast} of ${limit.title}`, atLeast },
      { says: "nothing is missing", cell: "beatx", metric: "missing", atMost: 0, worst: true },
    ],
    isQuick: false,
  };
}
