import type { Arrival } from "../queues/broker.js";
import { START } from "../world/machine.js";
import type { Circumstances } from "./judge-base.js";
import { describe } from "./queue-judge.js";

/** In a quiet cluster a message comes this long after its instant at the latest, in ms. */
const LATE_MS = 500;
/** So long before the end of a quiet time nothing is made up for any more, in ms. */
const SETTLED_MS = 8_000;

/** Judges whether messages come at their instants while nothing fails (R39). */
export class PunctualityJudge {
  readonly #world: Circumstances;
  #late: { readonly arrival: Arrival; readonly byMs: number }[] = [];

  constructor(world: Circumstances) {
    this.#world = world;
  }

  onArrival(arrival: Arrival): void {
    const { world, storeMachine } = this.#world;
    const hasClock = world.store === "one step" || world.store === "local";
    const now = hasClock ? storeMachine.now() : START + arrival.at;
    const byMs = now - arrival.message.scheduledAt;
    if (!arrival.message.requested && byMs > LATE_MS) this.#late.push({ arrival, byMs });
  }

  /** A quiet time ends. `slowestClockMs`: the smallest offset of a node's wall clock, which decides without a store's. */
  onQuiet(slowestClockMs: number): void {
    const { world, nowMs } = this.#world;
    const hasClock = world.store === "one step" || world.store === "local";
    const allowedMs = LATE_MS + (hasClock ? 0 : Math.max(0, -slowestClockMs));
    const late = this.#late.find(({ arrival, byMs }) => arrival.at > nowMs - SETTLED_MS && byMs > allowedMs);
    this.#late = [];
    if (!late) return;
    this.#world.violate("punctuality", `${describe(late.arrival.message)} came ${Math.round(late.byMs)} ms late`);
  }
}
