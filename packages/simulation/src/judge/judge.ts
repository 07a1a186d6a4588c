import { isLease, type Lease, type Message, type Store } from "@beatx/core/adapter";

import type { Arrival } from "../queues/broker.js";
import type { StoreObserver } from "../stores/store-data.js";
import type { Process } from "../world/machine.js";
import { BusyLoopJudge } from "./busy-loop-judge.js";
import { ConfigurationJudge } from "./configuration-judge.js";
import { CopiesJudge } from "./copies-judge.js";
import { CountsJudge } from "./counts-judge.js";
import { CursorJudge } from "./cursor-judge.js";
import { DefinitionJudge } from "./definition-judge.js";
import type { Circumstances } from "./judge-base.js";
import { EditJudge } from "./edit-judge.js";
import { InStepJudge } from "./in-step-judge.js";
import { LeaseJudge } from "./lease-judge.js";
import { PunctualityJudge } from "./punctuality-judge.js";
import { QueueJudge } from "./queue-judge.js";
import { StoredFacts } from "./stored-facts.js";
import { TakeOverJudge } from "./take-over-judge.js";
import { TermJudge } from "./term-judge.js";

/** Sees everything that happens, and ends the run at the first broken promise. */
export class Judge implements StoreObserver {
  readonly stored: StoredFacts = new StoredFacts();
  readonly queue: QueueJudge;
  readonly cursors: CursorJudge;
  readonly leases: LeaseJudge;
  readonly definitions: DefinitionJudge;
  readonly edits: EditJudge;
  readonly punctuality: PunctualityJudge;
  readonly takeOvers: TakeOverJudge;
  readonly terms: TermJudge;
  readonly copies: CopiesJudge;
  readonly #counts: CountsJudge;
  readonly configurations: ConfigurationJudge;
  readonly #inStep: InStepJudge;
  readonly #busyLoops: BusyLoopJudge;
  readonly #world: Circumstances;
  #newestFence = 0;

  constructor(world: Circumstances) {
    const { lockTtlMs } = world.world;
    const marginMs = lockTtlMs < 5_000 ? lockTtlMs / 5 : Math.max(1_000, lockTtlMs / 10);
    this.#world = world;
    this.queue = new QueueJudge(world, this.stored);
    this.cursors = new CursorJudge(world, this.stored, this.queue);
    this.takeOvers = new TakeOverJudge(world);
    this.terms = new TermJudge(world);
    this.leases = new LeaseJudge(world, lockTtlMs - marginMs, this.takeOvers);
    this.definitions = new DefinitionJudge(world, this.stored, this.queue);
    this.edits = new EditJudge(world, this.queue);
    this.punctuality = new PunctualityJudge(world);
    this.copies = new CopiesJudge(world, this.stored);
    this.#counts = new CountsJudge(world);
    this.configurations = new ConfigurationJudge(world);
    this.#inStep = new InStepJudge(world, (entry) => this.edits.isRemoved(entry));
    this.#busyLoops = new BusyLoopJudge(world);
  }

  onGrant({ fence }: Lease, isNew: boolean): void {
    // A store that is rolled back and whose clock is set back, too, may begin below (R2).
    const { lostAt, storeClockSetAt } = this.#world;
    const mayFallBack = lostAt > -Infinity && storeClockSetAt > -Infinity;
    if (isNew && fence <= this.#newestFence && !mayFallBack)
      this.#world.violate("R2", `the store granted the fence ${fence} again`);
    this.#newestFence = Math.max(this.#newestFence, fence);
  }

  onMove(move: { readonly name: string; readonly from: string | null; readonly to: string }, { fence }: Lease): void {
    this.cursors.onMove(move.name, move.from, move.to, fence);
    this.#counts.onMove(move.name, move.from, move.to, this.stored.definitionOf(move.name)?.missed);
  }

  onDefinition(name: string, definition: string | null, lease: Lease | undefined): void {
    this.definitions.onDefinition(name, definition, lease !== undefined);
    this.configurations.onDefinition(name, definition, lease !== undefined);
  }

  readonly onArrival = (arrival: Arrival): void => {
    this.queue.onArrival(arrival);
    this.#counts.onArrival(arrival);
    this.#inStep.onArrival(arrival);
    this.punctuality.onArrival(arrival);
  };

  /** A command is lost or late, now. */
  onCommandFault(): void {
    this.terms.onCommandFault();
    this.takeOvers.onCommandFault();
  }

  /** A process hands a batch to its publisher. */
  onPublish(process: Process, messages: readonly Message[]): void {
    const { world } = this.#world;
    this.leases.onPublish(process, messages[0]!.fence, world.publishTimeoutMs);
    this.copies.onPublish(process, messages);
    const hasClock = world.store !== "rows" && world.store !== "memcached";
    // A clock that was set back since the decision makes any message early.
    if (hasClock || process.machine.wasMisledSince(this.#world.nowMs - world.lockTtlMs)) return;
    for (const { scheduledAt, requested, entry } of messages) {
      if (requested || scheduledAt <= process.now() + 50) continue;
      this.#world.violate("R18", `${process.machine.name} sends ${entry} ${scheduledAt - process.now()} ms early`);
    }
  }

  /** The store of a process, whose answers the judge sees as the process does. */
  watched(store: Store, process: Process): Store {
    const { leases } = this;
    return {
      ...methodsOf(store),
      acquireLock: async (request) => {
        const asked = leases.onRequest(process);
        this.terms.onRequest(process, request.token);
        const answer = await store.acquireLock(request);
        if (isLease(answer)) {
          leases.onHeld(process, answer, asked);
          this.terms.onBegin(process, answer.token);
        }
        return answer;
      },
      renewLock: async (lease, ttlMs) => {
        const asked = leases.onRequest(process);
        const isRenewed = await store.renewLock(lease, ttlMs);
        // An answer that comes after its deadline is none (R7).
        const isInTime = process.monotonicMs() - asked.monotonicMs < this.#world.world.commandTimeoutMs;
        if (isRenewed) leases.onRenewed(process, lease, asked);
        else if (isInTime) leases.onRefused(process, lease);
        return isRenewed;
      },
      releaseLock: (lease) => {
        leases.onEnd(process);
        this.terms.onRelease(process);
        return store.releaseLock(lease);
      },
      advance: async (lease, moves) => {
        const results = await store.advance(lease, moves);
        this.#busyLoops.onAnswer(process, moves, results);
        return results;
      },
    };
  }
}

/** A store may be an instance of a class: its methods stay bound to it. */
function methodsOf(store: Store): Store {
  return {
    contract: store.contract,
    name: store.name,
    capabilities: store.capabilities,
    getRevision: () => store.getRevision(),
    getSchedule: (since) => store.getSchedule(since),
    getEntries: (names) => store.getEntries(names),
    listEntries: (request) => store.listEntries(request),
    ...(store.getHistory ? { getHistory: (name) => store.getHistory!(name) } : {}),
    setSchedule: (changes, lease) => store.setSchedule(changes, lease),
    advance: (lease, moves) => store.advance(lease, moves),
    acquireLock: (request) => store.acquireLock(request),
    renewLock: (lease, ttlMs) => store.renewLock(lease, ttlMs),
    releaseLock: (lease) => store.releaseLock(lease),
    readLock: () => store.readLock(),
    ...(store.getTime ? { getTime: () => store.getTime!() } : {}),
    ...(store.reachesOutbox ? { reachesOutbox: (mark) => store.reachesOutbox!(mark) } : {}),
    ...(store.watch ? { watch: (onHint) => store.watch!(onHint) } : {}),
    ...(store.takeNotices ? { takeNotices: () => store.takeNotices!() } : {}),
    close: () => store.close(),
  };
}
