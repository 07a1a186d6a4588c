import type { Message } from "@beatx/core/adapter";

import type { Arrival } from "../queues/broker.js";
import { factsIn, writingOf } from "../world/schedule.js";
import { START } from "../world/machine.js";
import { type Circumstances, CLOCKS_DIFFER_MS, LEARNS_WITHIN_MS } from "./judge-base.js";
import type { StoredFacts } from "./stored-facts.js";

/** A message that has arrived. */
export interface Seen {
  readonly id: string;
  /** Ms since the beginning, of the last copy. */
  readonly at: number;
  /** Which writing of the entry it came from: the version, and its reset. */
  readonly writing: string;
}

/** The store's clock decides what is due; rates differ by 5e-4, and a node reads the clock every few seconds. */
const EARLY_MS = 50 + 10;

/** Judges each message that arrives (I1, R13, R18, R20). */
export class QueueJudge {
  readonly #world: Circumstances;
  readonly #stored: StoredFacts;
  /** By occurrence. */
  #seen = new Map<string, Seen>();
  /** Occurrences that a reset lets arrive once more. */
  readonly #repeatable = new Set<string>();
  /** Resets of which a message has arrived. */
  readonly #resets = new Set<string>();
  readonly #occurrences = new Map<string, string>();
  readonly #entries = new Set<string>();
  messages = 0;
  copies = 0;

  constructor(world: Circumstances, stored: StoredFacts) {
    this.#world = world;
    this.#stored = stored;
  }

  has(entry: string, instant: number): boolean {
    return this.#seen.has(`${entry}@${instant}`);
  }

  /** Whether any message of the entry has ever arrived. */
  hasAny(entry: string): boolean {
    return this.#entries.has(entry);
  }

  /** `run`: as `requestedRun` or `backfilledRun` names it. */
  hasRun(run: string): boolean {
    return this.#seen.has(run);
  }

  /** Which writing of the entry the message of an instant came from; `undefined`: there is no such message. */
  writingOf(entry: string, instant: number): string | undefined {
    return this.#seen.get(`${entry}@${instant}`)?.writing;
  }

  onArrival(arrival: Arrival): void {
    const { message, at, isInStep } = arrival;
    this.messages++;
    this.#entries.add(message.entry);
    const world = this.#world;
    const occurrence = occurrenceOf(message);
    world.tell(() => `the queue takes ${describe(message)}`);
    this.#judgeId(occurrence, message);
    if (message.resetId !== undefined) this.#onReset(message, message.resetId);
    // The first message after a reset counts anew, even where clocks differ and the instant was sent before (R23).
    this.#judgeCopy(message.resetId === undefined ? occurrence : `${occurrence} ${message.resetId}`, arrival);
    if (message.resetId !== undefined && !this.#seen.has(occurrence)) this.#note(occurrence, message, at);
    if (!message.requested) this.#judgeInstant(message);
    if (isInStep) this.#judgeStep(message);
  }

  /** What the queue holds, for a queue that lies in the store and goes back with it. */
  snapshot(): ReadonlyMap<string, Seen> {
    return new Map(this.#seen);
  }

  /** Without a snapshot: the queue is empty. */
  restore(snapshot?: ReadonlyMap<string, Seen>): void {
    this.#seen = new Map(snapshot);
  }

  #judgeId(occurrence: string, message: Message): void {
    const known = this.#occurrences.get(message.id);
    if (known !== undefined && known !== occurrence) {
      this.#world.violate("R13", `the id of ${known} was used again for ${occurrence}`);
    }
    this.#occurrences.set(message.id, occurrence);
    const seen = this.#seen.get(occurrence);
    if (seen && seen.id !== message.id) this.#world.violate("R13", `${describe(message)} has another id than its copy`);
  }

  /** With the first message after a reset the queue goes back to its instant: later ones, sent early, come again (R23). */
  #onReset({ entry, scheduledAt }: Message, resetId: string): void {
    const reset = `${entry} ${resetId}`;
    if (this.#resets.has(reset)) return;
    this.#resets.add(reset);
    for (const occurrence of this.#seen.keys()) {
      const [name, instant] = occurrence.split("@");
      if (name === entry && Number(instant) > scheduledAt) this.#repeatable.add(occurrence);
    }
  }

  #judgeCopy(occurrence: string, { message, at }: Arrival): void {
    const seen = this.#seen.get(occurrence);
    if (!seen) return this.#note(occurrence, message, at);
    const { world, lostAt, faults } = this.#world;
    this.copies++;
    const isOnce = world.queue !== "plain" || world.delivery === "at-most-once";
    // A message that was claimed before the loss may arrive after it.
    const claims = world.delivery === "at-most-once";
    const wasClaimedBefore = claims && message.scheduledAt - START <= lostAt + CLOCKS_DIFFER_MS;
    const mayRepeat =
      this.#repeatable.delete(occurrence) || (world.queue !== "comparing" && (lostAt >= seen.at || wasClaimedBefore));
    if ((isOnce && !mayRepeat) || faults === 0) {
      this.#world.violate("I1", `${describe(message)} arrived again (the first time at ${time(seen.at)})`);
    }
    this.#note(occurrence, message, at);
  }

  #note(occurrence: string, { id, args, resetId }: Message, at: number): void {
    this.#seen.set(occurrence, { id, at, writing: writingOf(args, resetId) });
  }

  #judgeInstant(message: Message): void {
    const { world, storeMachine, storeClockSetAt, nowMs } = this.#world;
    const { periodMs, version } = factsIn(message.args);
    // A claim that was not sent is made again, by the rule from before an edit or the new one (R25).
    const mayBeClaim =
      world.delivery === "at-most-once" && this.#stored.wasEditedSince(message.entry, nowMs - LEARNS_WITHIN_MS);
    if (periodMs > 0 && message.scheduledAt % periodMs !== 0 && !mayBeClaim) {
      this.#world.violate(
        "phantom",
        `${describe(message)}: its rule (every ${periodMs} ms) does not name this instant`,
      );
    }
    if (!this.#stored.wasWritten(message.entry, version)) {
      this.#world.violate("phantom", `${describe(message)}: version ${version} of it was never written`);
    }
    const hasClock = world.store === "one step" || world.store === "local";
    const isClockTrusted = nowMs - storeClockSetAt > 2 * world.lockTtlMs;
    if (hasClock && isClockTrusted && message.scheduledAt > storeMachine.now() + EARLY_MS) {
      this.#world.violate("R18", `${describe(message)} came ${message.scheduledAt - storeMachine.now()} ms early`);
    }
  }

  /** A store that writes the message compares the definition in the same step (R20, R29). */
  #judgeStep(message: Message): void {
    if (message.requested) return;
    const definition = this.#stored.definitionOf(message.entry);
    const facts = definition && factsIn(definition.args);
    if (!definition || definition.paused || facts?.version !== factsIn(message.args).version) {
      this.#world.violate("R20", `${describe(message)} was sent although its definition had been changed`);
    } else if (message.scheduledAt <= definition.effectiveFrom) {
      this.#world.violate("R15", `${describe(message)} lies before the beginning of its rule`);
    }
  }
}

function occurrenceOf({ requested, id, entry, scheduledAt }: Message): string {
  if (!requested) return `${entry}@${scheduledAt}`;
  return scheduledAt < START ? backfilledRun(entry, scheduledAt) : requestedRun(id);
}

/** Names a requested run, by the id of its message. */
export function requestedRun(id: string): string {
  return `run ${id}`;
}

/** Names an occurrence that a backfill sends. `instant`: epoch ms. */
export function backfilledRun(entry: string, instant: number): string {
  return `backfill ${entry}@${instant}`;
}

export function describe({ entry, scheduledAt, requested, fence }: Message): string {
  const what = requested ? `a requested run of ${entry}` : `${entry} of ${time(scheduledAt - START)}`;
  return `${what} (fence ${fence - START})`;
}

/** Ms since the beginning as text. */
export function time(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
