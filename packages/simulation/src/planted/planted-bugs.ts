import { LEASE_BUGS } from "./lease-bugs.js";
import type { PlantedBug } from "./planted-bug.js";
import { RECORD_BUGS } from "./record-bugs.js";
import { SENDING_BUGS } from "./sending-bugs.js";
import { STORE_BUGS } from "./store-bugs.js";

/** All planted bugs, by the numbers of their rules. */
export const PLANTED_BUGS: readonly PlantedBug[] = [...LEASE_BUGS, ...SENDING_BUGS, ...RECORD_BUGS, ...STORE_BUGS].sort(
  (a, b) => Number(a.rule.slice(1)) - Number(b.rule.slice(1)),
);

/** The rules without a planted bug: why the simulation cannot break them. */
export const RULES_WITHOUT_BUG: Readonly<Record<string, string>> = {
  R17: "words: that a clock set back makes nothing due follows from R14 and R15",
  R22: "BullMQ: the simulation has no such queue",
  R31: "not found yet: clients of the simulation rarely add a removed entry again",
  R34: "words: warnings of a store",
  R38: "the simulation has no node of another format",
  R41: "the simulation itself",
  R42: "words: the status",
  R43: "the simulation does not mix configurations with and without names",
  R44: "words: the leader's report",
  R45: "what is read and at what cost: the contract suite and the counts of a client's commands show it",
  R46: "what is written and read on memcached, and at what cost: the tests of shared-memcache count it",
  R54: "the simulation gives nothing up: the tests of core do, in all ways of delivery",
  R53: "the simulation draws no entry with a spread: the property tests of core compare it with a plain list",
  R55: "the simulation has no import, export or hold: the tests of core move schedules between clusters that run",
  R48: "what a node tells of the past: the contract suite and the tests of core show it",
  R51: "what a rule says is a pure function: the tests of core compare leader, next and simulation with a search day by day",
  R52: "the simulation's workers do not end runs: the contract suites, and tests with real workers, show it",
};
