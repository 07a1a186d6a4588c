import type { Column, Form, Work, WorkCell } from "./work.js";
import { shortNumber } from "./work.js";

function steady(form: Form): Work {
  const options = { seconds: form === "full" ? 15 : 5, entries: 1_000 };
  return {
    name: "steady",
    title: "CPU of a message at ten a second",
    about:
      "One entry of 1,001 is due ten times a second, after 3,000 messages that made the code warm. " +
      "The CPU of the same process while nothing is due is subtracted.",
    servers: ["redis"],
    rounds: form === "full" ? 5 : 1,
    cells: [
      {
        id: "raw",
        title: "one awaited script: lease, push, cursor",
        kind: "limit",
        run: { cell: "raw-steady" },
        options,
      },
      { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "beatx-steady" }, options },
    ],
    columns: [
      { title: "CPU, × raw", metric: "cpuUs", against: "raw" },
      { title: "CPU, µs a message", metric: "cpuUs" },
      { title: "idle CPU, µs a second", metric: "idleUsPerSecond" },
    ],
    targets: [{ says: "CPU ≤ 1.5 of the limit", cell: "beatx", metric: "cpuUs", against: "raw", atMost: 1.5 }],
  };
}

function takeOver(entries: number, form: Form): Work {
  const options = {
    entries,
    bursts: form === "full" && entries <= 100_000 ? 3 : 1,
    ttlMs: form === "full" ? 6_000 : 3_000,
  };
  return {
    name: `take-over-${shortNumber(entries)}`,
    title: `Take-over of ${shortNumber(entries)} entries`,
    about:
      `Two nodes on Redis with a ttl of ${options.ttlMs / 1_000} s, ten entries of which are due ten times a second each, in turn. ` +
      "From the signal to the leader until the first message of the standby, which has been up for a while.",
    servers: ["redis"],
    rounds: 1,
    cells: [
      {
        id: "limit",
        title: "lease holders without a schedule",
        kind: "limit",
        run: { cell: "take-over-limit" },
        options,
      },
      { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "take-over" }, filled: entries, options },
    ],
    columns: [
      { title: "SIGTERM, ms", metric: "stopMs" },
      { title: "longest, ms", metric: "stopWorstMs" },
      { title: "kill -9, ms", metric: "killMs" },
      { title: "longest, × ttl", metric: "killTtls" },
    ],
    targets: [
      { says: "gap after SIGTERM ≤ 100 ms", cell: "beatx", metric: "stopWorstMs", atMost: 100, worst: true },
      { says: "gap after kill -9 ≤ 1.05 ttl", cell: "beatx", metric: "killTtls", atMost: 1.05, worst: true },
    ],
    isQuick: entries <= 10_000,
  };
}

/** The peers that keep up with a hundred each second; they run once. */
function latenessPeers(options: NonNullable<WorkCell["options"]>): WorkCell[] {
  const timers = ["croner", "node-cron", "toad-scheduler"].map((peer): WorkCell => ({
    id: peer,
    title: `${peer}, then LPUSH`,
    kind: "peer",
    run: { cell: "timer-lateness" },
    options: { ...options, peer },
    once: true,
  }));
  const bullmq = { id: "bullmq", title: "BullMQ job schedulers, to the worker" };
  return [...timers, { ...bullmq, kind: "peer", run: { cell: "bullmq-lateness" }, options, once: true }];
}

function lateness(count: number, form: Form): Work {
  const options = { count, seconds: form === "full" ? 15 : 4 };
  return {
    name: `lateness-${count}`,
    title: `Lateness of ${shortNumber(count)} messages each second`,
    about:
      "From the instant until the process knows that Redis has the message. Drift is how much later the last third of the window is than the first.",
    servers: ["redis"],
    rounds: form === "full" ? 5 : 1,
    cells: [
      {
        id: "raw",
        title: "setTimeout and one pipeline of LPUSH",
        kind: "limit",
        run: { cell: "raw-lateness" },
        options,
      },
      { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "beatx-lateness" }, options },
      ...(form === "full" ? latenessPeers(options) : []),
    ],
    columns: [
      { title: "p50, × raw", metric: "p50Ms", against: "raw" },
      { title: "p99, × raw", metric: "p99Ms", against: "raw" },
      { title: "p50, ms", metric: "p50Ms" },
      { title: "p99, ms", metric: "p99Ms" },
      { title: "lost", metric: "lost" },
      { title: "drift, ms", metric: "driftMs" },
    ],
    targets: [
      { says: "p50 ≤ 1.5 of the limit", cell: "beatx", metric: "p50Ms", against: "raw", atMost: 1.5 },
      { says: "p99 ≤ 1.5 of the limit", cell: "beatx", metric: "p99Ms", against: "raw", atMost: 1.5 },
      { says: "none lost", cell: "beatx", metric: "lost", atMost: 0, worst: true },
      { says: "no drift above 5 ms", cell: "beatx", metric: "driftMs", atMost: 5 },
    ],
    isQuick: count <= 100,
  };
}

function memcachedIdle(form: Form): Work {
  const cell = (entries: number): WorkCell => ({
    id: shortNumber(entries),
    title: `beatx, ${shortNumber(entries)} entries`,
    kind: "beatx",
    run: { cell: "memcached-idle" },
    options: { entries, store: "memcached", ttlMs: 5_000, seconds: form === "full" ? 20 : 5 },
  });
  return {
    name: "memcached-idle",
    title: "memcached: an idle leader, and one edit",
    about:
      "What a leader without due entries reads from memcached, and what one `put` of a client moves in both directions.",
    servers: ["redis", "memcached"],
    rounds: form === "full" ? 3 : 1,
    cells: [cell(1_000), cell(20_000)],
    columns: [
      { title: "idle, kB/s read", metric: "idleKbPerSecond" },
      { title: "one put, kB", metric: "putKb" },
      { title: "one put, ms", metric: "putMs" },
      { title: "start, ms", metric: "readyMs" },
      { title: "terms lost", metric: "lostTerms" },
    ],
    targets: [
      { says: "20k: an idle leader reads ≤ 5 kB/s", cell: "20k", metric: "idleKbPerSecond", atMost: 5 },
      {
        says: "a put among 20k entries moves ≤ 2 times the bytes of one among 1k",
        cell: "20k",
        metric: "putKb",
        against: "1k",
        atMost: 2,
      },
      { says: "20k: it starts and leads throughout", cell: "20k", metric: "lostTerms", atMost: 0, worst: true },
    ],
    isQuick: false,
  };
}

const CLIENT_COLUMNS: readonly Column[] = [
  { title: "get: CPU, ms", metric: "getCpuMs" },
  { title: "get: commands", metric: "getCommands" },
  { title: "next: CPU, ms", metric: "nextCpuMs" },
  { title: "first edit: CPU, ms", metric: "firstEditCpuMs" },
  { title: "first edit: commands", metric: "firstEditCommands" },
  { title: "later edit: CPU, ms", metric: "editCpuMs" },
  { title: "later edit: commands", metric: "editCommands" },
  { title: "bulk put of 10k: CPU, ms", metric: "bulkPutCpuMs" },
  { title: "bulk put: commands sent", metric: "bulkPutSent" },
  { title: "bulk remove of 10k: CPU, ms", metric: "bulkRemoveCpuMs" },
  { title: "bulk remove: commands sent", metric: "bulkRemoveSent" },
  { title: "status: CPU, ms", metric: "statusCpuMs" },
  { title: "status: commands sent", metric: "statusSent" },
];

/** Clients are measured where their calls read much: beside many entries. */
function client(form: Form): Work {
  const [small, large] = form === "full" ? [1_000, 100_000] : [1_000, 20_000];
  const cell = (entries: number): WorkCell => ({
    id: shortNumber(entries),
    title: `beatx, ${shortNumber(entries)} entries`,
    kind: "beatx",
    run: { cell: "client" },
    filled: entries,
    options: { entries },
  });
  const [few, many] = [shortNumber(small), shortNumber(large)];
  const flat = (says: string, metric: string) => ({ says, metric, cell: many, against: few, atMost: 2 });
  return {
    name: "client",
    title: "Calls of a client on Redis",
    about:
      "CPU and commands of one call. `get` and `next` ask for one name; the first edit is that of a fresh client. " +
      "A command that is sent may be a script, whose own commands count only among those that Redis carries out.",
    servers: [],
    rounds: form === "full" ? 3 : 1,
    cells: [cell(small), cell(large)],
    columns: CLIENT_COLUMNS,
    targets: [
      flat(`get: commands among ${many} ≤ 2 times those among ${few}`, "getCommands"),
      flat(`next: commands among ${many} ≤ 2 times those among ${few}`, "nextCommands"),
      flat(`first edit: commands among ${many} ≤ 2 times those among ${few}`, "firstEditCommands"),
      { says: "bulk put of 10k in ≤ 50 commands", cell: many, metric: "bulkPutSent", atMost: 50 },
      { says: "bulk remove of 10k in ≤ 50 commands", cell: many, metric: "bulkRemoveSent", atMost: 50 },
    ],
    isQuick: false,
  };
}

/** What a running cluster costs and how punctual it is. */
export function runningWorks(form: Form): Work[] {
  const sizes = form === "full" ? [10_000, 100_000, 1_000_000] : [10_000, 100_000];
  const takeOvers = sizes.map((entries) => takeOver(entries, form));
  return [steady(form), ...takeOvers, lateness(100, form), lateness(1_000, form), memcachedIdle(form), client(form)];
}
