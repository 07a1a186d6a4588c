import type { Arrival } from "../queues/broker.js";
import type { Circumstances } from "./judge-base.js";
import { describe } from "./queue-judge.js";

/** A store takes an occurrence that is due so many ms ahead of its own clock. */
const MOST_EARLY_MS = 50;

/** Judges messages that the store wrote: it compares its clock and the definition in the same step (R18, R31). */
export class InStepJudge {
  readonly #world: Circumstances;
  readonly #isRemoved: (entry: string) => boolean;

  /** `isRemoved`: a client removed the entry, which was acknowledged, and nobody has written it since. */
  constructor(world: Circumstances, isRemoved: (entry: string) => boolean) {
    this.#world = world;
    this.#isRemoved = isRemoved;
  }

  onArrival({ message, isInStep }: Arrival): void {
    if (!isInStep) return;
    const earlyMs = message.scheduledAt - this.#world.storeMachine.now();
    if (earlyMs > MOST_EARLY_MS) this.#world.violate("R18", `${describe(message)} came ${earlyMs} ms early`);
    if (!message.requested || !this.#isRemoved(message.entry)) return;
    this.#world.violate("R31", `${describe(message)} came after the entry had been removed`);
  }
}
