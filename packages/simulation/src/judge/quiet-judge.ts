import type { StoredEntry } from "@beatx/core/adapter";

import { factsIn } from "../world/schedule.js";
import { START } from "../world/machine.js";
import type { ConfiguredNode } from "./configuration-judge.js";
import type { Judge } from "./judge.js";
import { type Circumstances, CLOCKS_DIFFER_MS, LEARNS_WITHIN_MS } from "./judge-base.js";
import { time } from "./queue-judge.js";
import { readCursor, readDefinition } from "./stored-facts.js";

/** What is due may take so long to be sent in a quiet cluster: a look at the schedule, and clocks that differ. */
const LAG_MS = 4_000;

/** After a quiet time all that is due has been settled, and all that is owed has arrived (I2, I4). */
export class QuietJudge {
  readonly #world: Circumstances;
  readonly #judge: Judge;
  checks = 0;

  constructor(world: Circumstances, judge: Judge) {
    this.#world = world;
    this.#judge = judge;
  }

  /** `entries`: what the store holds now. `sinceMs`: ms since the beginning when the quiet began. `nodes`: all that run. */
  onQuiet(entries: readonly StoredEntry[], sinceMs: number, nodes: readonly ConfiguredNode[]): void {
    this.checks++;
    const leaders = this.#judge.leases.leaders.length;
    if (leaders !== 1) this.#world.violate("liveness", `${leaders} nodes lead although nothing has failed for long`);
    for (const entry of entries) this.#judgeEntry(entry);
    this.#judge.configurations.onQuiet(entries, nodes);
    this.#judge.edits.onQuiet(entries, sinceMs - this.#clocksDifferMs);
    this.#judge.punctuality.onQuiet(this.slowestClockMs);
  }

  /** By the slowest clock of the cluster, since any node may lead. Epoch ms. */
  get #dueUntil(): number {
    const { world, storeMachine, nowMs } = this.#world;
    const hasClock = world.store === "one step" || world.store === "local";
    const now = hasClock ? storeMachine.now() : START + nowMs + Math.min(0, this.slowestClockMs);
    return now - LAG_MS;
  }

  /** The smallest offset of a node's wall clock, in ms. */
  slowestClockMs = 0;

  #judgeEntry({ name, definition, cursor }: StoredEntry): void {
    const facts = definition === null ? null : readDefinition(definition);
    if (!facts || facts.paused || name.startsWith("@beatx/")) return;
    const { periodMs } = factsIn(facts.args);
    if (periodMs === 0) return;
    const { world, lostAt } = this.#world;
    const dueUntil = this.#dueUntil;
    const last = Math.floor(dueUntil / periodMs) * periodMs;
    const settledUntil = cursor === null ? -Infinity : readCursor(cursor).at;
    // memcached may have dropped the cursor alone: the leader knows it, and writes it back with the next move (R32).
    const isKnown = cursor !== null || world.store !== "memcached" || lostAt === -Infinity;
    if (isKnown && last > facts.effectiveFrom && settledUntil < last) {
      const settled = cursor === null ? "nothing" : `everything up to ${time(settledUntil - START)}`;
      this.#world.violate("liveness", `${name} has been due since ${time(last - START)}, and ${settled} is settled`);
    }
    // An instant that an earlier policy skipped stays skipped.
    const policySince = this.#judge.stored.owesAllSince(name) + START + this.#clocksDifferMs;
    // By a clock that is ahead, the cursor may have passed instants of a rule that was not written yet.
    const ruleSince = facts.effectiveFrom + this.#clocksDifferMs + this.#learnsWithinMs;
    const since = Math.max(ruleSince, policySince, this.#forgivenUntil);
    this.#judgeOwed(name, since, settledUntil, periodMs);
  }

  /** How far the clock that decides what is due may be ahead of true time, in ms. */
  get #clocksDifferMs(): number {
    const { world, storeClockSetAt } = this.#world;
    const hasClock = world.store === "one step" || world.store === "local";
    return hasClock && storeClockSetAt === -Infinity ? 0 : CLOCKS_DIFFER_MS;
  }

  /** Unless one step does both, a leader that is cut off may pass the first instants of a new rule by the old one (R29). */
  get #learnsWithinMs(): number {
    return this.#world.world.queue === "in the store" ? 0 : LEARNS_WITHIN_MS;
  }

  /** After a roll-back a queue that compares does not take what lies before its last instant (R32). Epoch ms. */
  get #forgivenUntil(): number {
    const { world, lostAt } = this.#world;
    return world.queue === "comparing" ? lostAt + CLOCKS_DIFFER_MS + START : -Infinity;
  }

  /** With the policy `all` every instant is in the queue. `since`: when rule and policy began, epoch ms. */
  #judgeOwed(name: string, since: number, until: number, periodMs: number): void {
    if (this.#world.world.delivery === "at-most-once") return;
    for (let instant = Math.floor(until / periodMs) * periodMs; instant > since; instant -= periodMs) {
      if (this.#judge.queue.has(name, instant)) continue;
      this.#world.violate("I2", `${name} of ${time(instant - START)} is settled, and never came to the queue`);
      return;
    }
  }
}
