import type { Lease } from "@beatx/core/adapter";

import type { Process } from "../world/machine.js";
import type { Circumstances } from "./judge-base.js";
import type { TakeOverJudge } from "./take-over-judge.js";

/** What one process believes of its lease, told by what it has received. */
interface Belief {
  readonly fence: number;
  /** By its own two clocks, when the request was sent that was last answered. */
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** Ms since the beginning, of the same moment. */
  readonly at: number;
  /** The highest fence that anybody had been granted at that moment. */
  readonly newestFence: number;
}

type LeaseRequest = Omit<Belief, "fence">;

/** Judges who leads, and for how long (R2, R5, R7, R19, I4). */
export class LeaseJudge {
  readonly #world: Circumstances;
  readonly #beliefs = new Map<Process, Belief>();
  readonly #trustMs: number;
  readonly #takeOvers: TakeOverJudge;
  /** The fence of the last term of a process that has ended. */
  readonly #ended = new WeakMap<Process, number>();
  #newestFence = 0;
  #newestFenceAt = -Infinity;
  grants = 0;

  constructor(world: Circumstances, trustMs: number, takeOvers: TakeOverJudge) {
    this.#world = world;
    this.#trustMs = trustMs;
    this.#takeOvers = takeOvers;
  }

  /** What a process that sends a request now can base its trust on. */
  onRequest(process: Process): LeaseRequest {
    const { nowMs } = this.#world;
    return { monotonicMs: process.monotonicMs(), wallMs: process.now(), at: nowMs, newestFence: this.#newestFence };
  }

  /** A process has received the answer to a request. */
  onHeld(process: Process, lease: Lease, request: LeaseRequest): void {
    // A late answer does not bring an ended term back.
    if (!process.isAlive || this.#ended.get(process) === lease.fence) return;
    const known = this.#beliefs.get(process);
    const isNew = known?.fence !== lease.fence;
    if (isNew || known.at < request.at) this.#beliefs.set(process, { fence: lease.fence, ...request });
    // An answer that was long on its way gives no trust any more (R7).
    if (isNew && this.#trusts(process, 0)) this.#onNew(process, lease);
  }

  /** Does nothing if the process has given the lease up meanwhile. */
  onRenewed(process: Process, lease: Lease, request: LeaseRequest): void {
    if (this.#beliefs.get(process)?.fence === lease.fence) this.onHeld(process, lease, request);
  }

  /** The store has answered that the process does not hold the lease (R8). */
  onRefused(process: Process, lease: Lease): void {
    if (this.#beliefs.get(process)?.fence === lease.fence) this.onEnd(process);
  }

  /** Its term has ended, or the process. */
  onEnd(process: Process): void {
    const belief = this.#beliefs.get(process);
    if (belief) this.#ended.set(process, belief.fence);
    this.#beliefs.delete(process);
  }

  /** Processes that lead by what they know. */
  get leaders(): Process[] {
    return [...this.#beliefs.keys()].filter((process) => process.isAlive && this.#trusts(process, 0));
  }

  /** A batch is handed to the publisher, which may take `forMs` (R19). */
  onPublish(process: Process, fence: number, forMs: number): void {
    const belief = this.#beliefs.get(process);
    if (!belief || belief.fence !== fence) {
      this.#world.violate("R10", `${process.machine.name} publishes under a lease that it does not hold`);
    } else if (!this.#trusts(process, forMs)) {
      this.#world.violate("R19", `${process.machine.name} begins to publish although its lease may run out meanwhile`);
    }
  }

  #onNew(process: Process, { fence }: Lease): void {
    const { machine } = process;
    this.grants++;
    this.#takeOvers.onLead(process);
    this.#world.tell(() => `${machine.name} leads`);
    // Without a clock of its own, a store that has lost its data goes by the clock of a node (R2).
    const { world, lostAt, storeClockSetAt, nowMs } = this.#world;
    const goesByAnotherClock = world.store === "memcached" || storeClockSetAt > -Infinity;
    const mayFallBack = goesByAnotherClock && lostAt > this.#newestFenceAt;
    this.#newestFenceAt = nowMs;
    // Its clocks do not show how old the answer is.
    const asked = this.#beliefs.get(process)!;
    if (machine.wasMisledSince(asked.at)) return;
    // After a loss another node may have been granted a lower one meanwhile.
    const newestFence = Math.min(asked.newestFence, this.#newestFence);
    if (fence <= newestFence && !mayFallBack) {
      this.#world.violate("R2", `${machine.name} got the fence ${fence}, which is not above ${newestFence}`);
    }
    this.#newestFence = Math.max(fence, mayFallBack ? 0 : this.#newestFence);
    for (const [other, { at }] of this.#beliefs) {
      if (other === process || !other.isAlive || !this.#trusts(other, 0) || this.#isExcused(other, at)) continue;
      this.#world.violate("lease overlap", `${machine.name} leads while ${other.machine.name} trusts its lease`);
    }
  }

  #trusts(process: Process, forMs: number): boolean {
    const belief = this.#beliefs.get(process);
    if (!belief) return false;
    const elapsedMs = Math.max(process.monotonicMs() - belief.monotonicMs, process.now() - belief.wallMs);
    return elapsedMs + forMs < this.#trustMs;
  }

  /** Only what neither clock of a machine sees, or a store's clock that was set, may make two leases overlap (R5). */
  #isExcused({ machine }: Process, since: number): boolean {
    return machine.wasMisledSince(since) || this.#world.storeClockSetAt >= since - 2 * this.#world.world.lockTtlMs;
  }
}
