import type { Form, Work, WorkCell } from "./work.js";
import { shortNumber } from "./work.js";

const SMALL = 1_000;

function hotPath(form: Form): Work {
  const sizes = form === "full" ? [SMALL, 100_000, 1_000_000] : [SMALL, 100_000];
  const cell = (entries: number): WorkCell => ({
    id: shortNumber(entries),
    title: `beatx, ${shortNumber(entries)} entries`,
    kind: "beatx",
    run: { cell: "hot-path" },
    options: { entries },
  });
  return {
    name: "hot-path",
    title: "CPU of a message by number of entries, without a server",
    about:
      "All entries are due at each instant of a fake clock. Measured is what the node does for a message: decide, write message and cursor as texts, " +
      "and go on; a store in memory takes them without a look.",
    servers: [],
    rounds: form === "full" ? 3 : 1,
    cells: sizes.map(cell),
    columns: [
      { title: `CPU, × ${shortNumber(SMALL)} entries`, metric: "cpuUs", against: shortNumber(SMALL) },
      { title: "CPU, µs a message", metric: "cpuUs" },
      { title: "first burst: CPU, µs", metric: "firstCpuUs" },
    ],
    targets: sizes.slice(1).map((entries) => ({
      says: `CPU with ${shortNumber(entries)} entries ≤ 1.2 of that with ${shortNumber(SMALL)}`,
      cell: shortNumber(entries),
      metric: "cpuUs",
      against: shortNumber(SMALL),
      atMost: 1.2,
    })),
  };
}

function load(form: Form): Work {
  const entries = form === "full" ? 100_000 : 10_000;
  const options = { entries };
  return {
    name: "load",
    title: `Cold load of ${shortNumber(entries)} entries from Redis`,
    about:
      "A full store and no leader: from the start of a node to its first message. CPU and heap are per entry, the heap after a collection.",
    servers: [],
    rounds: form === "full" ? 5 : 3,
    cells: [
      {
        id: "raw",
        title: "HSCAN 1000 and JSON.parse",
        kind: "limit",
        run: { cell: "raw-load" },
        filled: entries,
        options,
      },
      { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "beatx-load" }, filled: entries, options },
    ],
    columns: [
      { title: "CPU, × raw", metric: "cpuUs", against: "raw" },
      { title: "heap, × raw", metric: "heapBytes", against: "raw" },
      { title: "CPU, µs an entry", metric: "cpuUs" },
      { title: "heap, bytes an entry", metric: "heapBytes" },
      { title: "ms", metric: "wallMs" },
    ],
    targets: [
      { says: "CPU ≤ 1.25 of the limit", cell: "beatx", metric: "cpuUs", against: "raw", atMost: 1.25 },
      { says: "heap ≤ 1.3 of the limit", cell: "beatx", metric: "heapBytes", against: "raw", atMost: 1.3 },
    ],
  };
}

const FIRST_STARTS = [
  { store: "redis", prefix: "", place: "Redis" },
  { store: "lmdb", prefix: "lmdb-", place: "LMDB" },
] as const;

function firstStartCell(entries: number, { store, prefix, place }: (typeof FIRST_STARTS)[number]): WorkCell {
  return {
    id: prefix + shortNumber(entries),
    title: `beatx on ${place}, ${shortNumber(entries)} configured entries`,
    kind: "beatx",
    run: { cell: "beatx-first-start" },
    options: { entries, store },
    once: entries > 100_000,
  };
}

function firstStart(form: Form): Work {
  const sizes = form === "full" ? [100_000, 1_000_000] : [20_000];
  const cells = FIRST_STARTS.flatMap((on) => sizes.map((entries) => firstStartCell(entries, on)));
  const raw: WorkCell = {
    id: "raw",
    title: `writing ${shortNumber(sizes[0]!)} definitions, 500 at a time`,
    kind: "limit",
    run: { cell: "raw-first-start" },
    options: { entries: sizes[0]! },
  };
  return {
    name: "first-start",
    title: "First start with a large configuration",
    about:
      "An empty store and a ttl of 15 s: from createBeat to the first message. createBeat checks all entries before it returns; " +
      "the longest block is one of the time after that, in which the node has a lease to renew.",
    servers: ["redis"],
    rounds: form === "full" ? 3 : 1,
    cells: [raw, ...cells],
    columns: [
      { title: "CPU, µs an entry", metric: "cpuUs" },
      { title: "ms", metric: "wallMs" },
      { title: "createBeat, ms", metric: "createMs" },
      { title: "longest block, ms", metric: "longestBlockMs" },
      { title: "terms lost", metric: "lostTerms" },
    ],
    targets: cells.flatMap(({ id }) => [
      { says: `${id}: CPU ≤ 15 µs an entry`, cell: id, metric: "cpuUs", atMost: 15 },
      { says: `${id}: no block above 20 ms`, cell: id, metric: "longestBlockMs", atMost: 20 },
      { says: `${id}: it leads throughout`, cell: id, metric: "lostTerms", atMost: 0, worst: true },
    ]),
  };
}

/** What depends on the number of entries. */
export function scaleWorks(form: Form): Work[] {
  return [hotPath(form), load(form), firstStart(form)];
}
