import type { Arrival } from "../queues/broker.js";
import type { Circumstances } from "./judge-base.js";

interface Counts {
  readonly at: number;
  readonly runs: number;
  readonly skipped: number;
  readonly uncertain: number;
  readonly pending: number | null;
  readonly requested: number;
}

const NO_COUNTS: Counts = { at: 0, runs: 0, skipped: 0, uncertain: 0, pending: null, requested: 0 };

function readCounts(cursor: string | null): Counts {
  return cursor === null ? NO_COUNTS : { ...NO_COUNTS, ...(JSON.parse(cursor) as Partial<Counts>) };
}

/** Judges the counts of each cursor by what has arrived in the queue (R16, R25, R27, R28). */
export class CountsJudge {
  readonly #world: Circumstances;
  /** By entry: what has arrived, each once. A loss of data takes nothing away, since a count may only be lower after it. */
  readonly #instants = new Map<string, Map<number, number>>();
  readonly #requested = new Map<string, string[]>();

  constructor(world: Circumstances) {
    this.#world = world;
  }

  onArrival({ message: { entry, id, scheduledAt, requested, coalesced } }: Arrival): void {
    if (requested) this.#requested.set(entry, [...(this.#requested.get(entry) ?? []), id]);
    else
      this.#instants.set(entry, (this.#instants.get(entry) ?? new Map<number, number>()).set(scheduledAt, coalesced));
  }

  /** `missed`: the policy of the entry. */
  onMove(name: string, from: string | null, to: string, missed: string | undefined): void {
    if (name.startsWith("@beatx/")) return;
    const [before, after] = [readCounts(from), readCounts(to)];
    const ids = this.#requested.get(name) ?? [];
    // A run that a node restored after a loss may be sent, and counted, again (R33).
    const requested = this.#world.lostAt === -Infinity ? new Set(ids).size : ids.length;
    const mayBeLost = this.#world.world.delivery === "at-most-once";
    if (after.requested < 0) this.#world.violate("R28", `${name} counts ${after.requested} requested runs`);
    if (after.requested > requested && !mayBeLost) {
      this.#world.violate("R28", `${name} counts ${after.requested} requested runs, and ${requested} have arrived`);
    }
    const arrived = this.#instants.get(name);
    if (mayBeLost) this.#judgeClaims(name, after, arrived?.size ?? 0);
    const isStep = this.#world.world.queue === "in the store" && after.runs === before.runs + 1;
    if (!isStep || missed === undefined || missed === "all" || from === null) return;
    const [skipped, coalesced] = [after.skipped - before.skipped, arrived?.get(after.at)];
    if (coalesced !== undefined && coalesced !== skipped) {
      this.#world.violate("R27", `a message of ${name} stands for ${coalesced} others, and ${skipped} were skipped`);
    }
  }

  /** With at-most-once delivery each occurrence that was claimed arrives, is uncertain, or is still open (R25). */
  #judgeClaims(name: string, { runs, uncertain, pending }: Counts, arrived: number): void {
    if (pending !== null || runs <= arrived + uncertain) return;
    const what = `${name} counts ${runs} runs, of which ${arrived} arrived and ${uncertain} are uncertain`;
    this.#world.violate("R25", what);
  }
}
