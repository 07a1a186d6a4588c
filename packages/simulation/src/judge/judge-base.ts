import type { Timeline } from "../base/timeline.js";
import type { Machine } from "../world/machine.js";
import type { World } from "../world/world.js";

/** A broken promise. The run ends with it. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** What was promised, in a few words that stay the same from run to run: `I1`, `lease overlap`, … */
  readonly invariant: string;
  /** Ms since the beginning. */
  readonly at: number;

  constructor(invariant: string, what: string, at: number) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
    this.at = at;
  }
}

/** So far apart may the clocks of a cluster be: those of nodes, and a store's that was set. */
export const CLOCKS_DIFFER_MS = 120_000;

/** So long may a leader that is cut off go by the rule from before an edit. */
export const LEARNS_WITHIN_MS = 60_000;

/** What has happened to the world, which decides what the protocol still promises. */
export class Circumstances {
  readonly world: World;
  readonly timeline: Timeline;
  /** The machine of the store's server. */
  readonly storeMachine: Machine;
  /** Ms since the beginning when the store last lost something; `-Infinity`: never. */
  lostAt: number = -Infinity;
  /** When the store's clock was last set. */
  storeClockSetAt: number = -Infinity;
  /** The newest moment up to which a fault is at work. */
  disturbedUntil: number = -Infinity;
  /** Faults so far, of any kind. */
  faults = 0;
  /** Keeps the lines of the story; `null`: nobody reads them. */
  story: string[] | null = null;

  constructor(world: World, timeline: Timeline, storeMachine: Machine) {
    this.world = world;
    this.timeline = timeline;
    this.storeMachine = storeMachine;
  }

  get nowMs(): number {
    return this.timeline.nowMs;
  }

  /** Adds a line to the story. `line` is called only if it is read. */
  tell(line: () => string): void {
    this.story?.push(`${(this.nowMs / 1000).toFixed(3).padStart(9)} s  ${line()}`);
  }

  /** Ends the run. */
  violate(invariant: string, what: string): void {
    this.tell(() => `VIOLATION  ${invariant}: ${what}`);
    this.timeline.fail(new Violation(invariant, what, this.nowMs));
  }
}
