import type { Column, Form, Target, Work, WorkCell } from "./work.js";
import { shortNumber } from "./work.js";

const LIMITS: readonly WorkCell[] = [
  { id: "raw", title: "pipelined LPUSH of 500", kind: "limit", run: { cell: "raw-burst" } },
  {
    id: "prototype",
    title: "one script for 500: lease, push, cursor",
    kind: "limit",
    run: { cell: "prototype-burst" },
  },
];

const BEATX: WorkCell = { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "beatx-burst" } };

/** The columns of every burst, against its raw cell. */
export function burstColumns(raw: string): Column[] {
  return [
    { title: "speed, × raw", metric: "wallMs", against: raw, inverse: true },
    { title: "client CPU, × raw", metric: "cpuUs", against: raw },
    { title: "ms", metric: "wallMs" },
    { title: "client CPU, µs a message", metric: "cpuUs" },
    { title: "server CPU, µs a message", metric: "serverCpuUs" },
    { title: "first burst: ms", metric: "firstWallMs" },
    { title: "first burst: CPU, µs", metric: "firstCpuUs" },
    { title: "missing", metric: "missing" },
  ];
}

const timerPeer = (peer: string): WorkCell => ({
  id: peer,
  title: `${peer}, then LPUSH`,
  kind: "peer",
  run: { cell: "timer-burst" },
  options: { peer },
  once: true,
});

const pythonPeer = (peer: string, title: string): WorkCell => ({ id: peer, title, kind: "peer", run: { python: peer }, options: { peer }, once: true }); // prettier-ignore

const PEERS: readonly WorkCell[] = [
  { id: "addbulk", title: "BullMQ addBulk of 500", kind: "peer", run: { cell: "bullmq-burst" }, once: true },
  { id: "bullmq", title: "BullMQ job schedulers", kind: "peer", run: { cell: "bullmq-scheduler-burst" }, once: true },
  { id: "agenda", title: "agenda on Redis", kind: "peer", run: { cell: "agenda-burst" }, once: true },
  ...["croner", "node-cron", "node-schedule", "toad-scheduler"].map(timerPeer),
  pythonPeer("celery-beat", "celery beat"),
  pythonPeer("redbeat", "RedBeat"),
  pythonPeer("celery-beatx", "celery-beatx"),
];

const QUICK_PEERS = PEERS.filter(({ id }) => ["bullmq", "croner", "celery-beat"].includes(id));
/** Peers that need minutes for ten thousand jobs. */
const SLOW_PEERS = ["agenda", "node-schedule"];

const NEAR_PROTOTYPE: readonly Target[] = [
  {
    says: "speed ≥ 0.9 of the prototype",
    cell: "beatx",
    metric: "wallMs",
    against: "prototype",
    inverse: true,
    atLeast: 0.9,
  },
  { says: "client CPU ≤ 1.3 of the prototype", cell: "beatx", metric: "cpuUs", against: "prototype", atMost: 1.3 },
  { says: "nothing is missing", cell: "beatx", metric: "missing", atMost: 0, worst: true },
];

function burst(count: number, everyMs: number, form: Form): Work {
  const isSmall = count <= 1_000;
  const bursts = form === "full" ? 6 : 3;
  const peers =
    form === "full" ? PEERS.filter(({ id }) => isSmall || !SLOW_PEERS.includes(id)) : isSmall ? QUICK_PEERS : [];
  const cells = [...LIMITS, BEATX, ...peers];
  return {
    name: `burst-${shortNumber(count)}`,
    title: `${shortNumber(count)} entries due at one instant`,
    about:
      "Store and Celery queue are one Redis. beatx compares the lease, writes a message and moves a cursor for each entry, in one step. " +
      "Timers (croner and the like) only push; they keep no state and run in one process. " +
      "A peer that was stopped before it had sent everything shows what is missing, and its time is extrapolated from what it sent.",
    servers: ["redis"],
    rounds: form === "full" ? 5 : isSmall ? 3 : 2,
    cells: cells.map((cell) => ({ ...cell, options: { count, bursts, everyMs, ttlMs: 60_000, ...cell.options } })),
    columns: burstColumns("raw"),
    targets: NEAR_PROTOTYPE,
  };
}

/** Bursts of one server and of other stores and queues. */
export function burstWorks(form: Form): Work[] {
  return [burst(1_000, 1_000, form), burst(10_000, 2_500, form)];
}
