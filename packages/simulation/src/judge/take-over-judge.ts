import type { Process } from "../world/machine.js";
import type { Circumstances } from "./judge-base.js";

/** How long commands, timers and the turns of a loop take when nothing disturbs them, all together, in ms. */
const WORK_MS = 300;

type Ending = "crash" | "stop";

/** Judges how long a cluster is without a leader after one crash or one graceful stop, when nothing else fails (I4). */
export class TakeOverJudge {
  readonly #world: Circumstances;
  #vacancy: { readonly ending: Ending; readonly at: number; readonly faults: number } | null = null;
  /** When a command last met a fault, ms since the beginning. */
  #commandFaultAt = -Infinity;
  /** Take-overs that were judged. */
  judged = 0;

  constructor(world: Circumstances) {
    this.#world = world;
  }

  /** A command is lost or late, now. */
  onCommandFault(): void {
    this.#commandFaultAt = this.#world.nowMs;
  }

  /** The process led until now. `others`: processes that run. Call it before this fault is counted. */
  onEnd(ending: Ending, others: number): void {
    const { nowMs, faults, disturbedUntil, world } = this.#world;
    const isAlone = nowMs - Math.max(disturbedUntil, this.#commandFaultAt) > 2 * world.lockTtlMs + world.standbyPollMs;
    this.#vacancy = isAlone && others > 0 ? { ending, at: nowMs, faults: faults + 1 } : null;
  }

  /** A process has got the lease. */
  onLead({ machine }: Process): void {
    const vacancy = this.#vacancy;
    this.#vacancy = null;
    if (!vacancy || this.#world.faults !== vacancy.faults || this.#commandFaultAt > vacancy.at) return;
    this.judged++;
    const tookMs = this.#world.nowMs - vacancy.at;
    const boundMs = this.#boundMs(vacancy.ending);
    if (tookMs <= boundMs) return;
    const what = `${machine.name} leads ${Math.round(tookMs)} ms after the ${vacancy.ending} of the last leader`;
    this.#world.violate("I4", `${what}, and ${Math.round(boundMs)} ms are promised`);
  }

  #boundMs(ending: Ending): number {
    const { store, lockTtlMs, standbyPollMs } = this.#world.world;
    if (ending === "stop") return 1.2 * standbyPollMs + WORK_MS;
    if (store === "memcached") return 1.25 * lockTtlMs + 1.2 * standbyPollMs + WORK_MS;
    return lockTtlMs + 250 + WORK_MS;
  }
}
