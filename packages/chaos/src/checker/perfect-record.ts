import type { Arrival, Fault, Guarantee, Request, RunRecord, Timing, Version } from "./record.js";
import { instantsBetween } from "./versions.js";

/** The settings of the records that tests of the checker plant deviations in. */
export const TEST_TIMING: Timing = {
  ttlMs: 3_000,
  standbyPollMs: 1_000,
  commandTimeoutMs: 700,
  watchedLock: false,
  nodeClock: false,
  sharedFiles: false,
};

export const BEGIN = 1_800_000_000_000;
export const END: number = BEGIN + 120_000;

const versions: readonly Version[] = [
  steady("every-second", 1_000, "all"),
  steady("every-two", 2_000, "all"),
  steady("newest", 1_000, "latest"),
  steady("edited", 2_000, "all"),
  { ...steady("edited", 3_000, "all"), from: BEGIN + 40_100, certainFrom: BEGIN + 40_150, because: "put" },
  { ...steady("edited", null, "all"), from: BEGIN + 70_100, certainFrom: BEGIN + 70_150, because: "remove" },
];

const requests: readonly Request[] = [
  { entry: "every-two", id: "run-1", sentAt: BEGIN + 20_300, answeredAt: BEGIN + 20_320 },
];

function steady(entry: string, everyMs: number | null, missed: Version["missed"]): Version {
  return { entry, from: BEGIN - 10_000, certainFrom: BEGIN - 9_900, everyMs, missed, because: "start" };
}

/** A record in which each occurrence arrived once, 20 ms after its instant. */
export function perfectRecord(guarantee: Guarantee, faults: readonly Fault[] = []): RunRecord {
  const arrivals = versions.flatMap((version, index) => {
    const next = versions[index + 1];
    const end = next?.entry === version.entry ? next.from : END;
    if (version.everyMs === null) return [];
    const instants = [...instantsBetween(version.everyMs, Math.max(BEGIN, version.from), end)];
    return instants.map((instant) => arrival(version.entry, instant));
  });
  const run: Arrival = { ...arrival("every-two", BEGIN + 20_310), id: "run-1" };
  return {
    pair: "test",
    guarantee,
    timing: TEST_TIMING,
    from: BEGIN,
    to: END,
    versions,
    requests,
    arrivals: [...arrivals, run],
    faults,
    stalls: [],
    lostEdits: [],
    crashes: [],
    uncertain: [],
  };
}

/** The message of an occurrence that arrived 20 ms after its instant. */
export function arrival(entry: string, instant: number): Arrival {
  return { entry, instant, id: `${entry}@${instant}`, fence: 1, arrivedAt: instant + 20 };
}
