import { Random } from "../base/random.js";
import { type PendingFault, PENDING_MS } from "../world/link.js";
import { storedName } from "../world/schedule.js";
import type { World } from "../world/world.js";
import type { Event, Peer, Step } from "./step.js";

/** A drawn run: storms of faults, each followed by a quiet time at whose end the cluster is judged. */
export interface DrawOptions {
  /** Length of the run, in ms. */
  readonly lengthMs: number;
  /** Mean times between two faults of a storm, in ms. Each run has one of them. */
  readonly everyMs: readonly number[];
}

/** How long after the last fault everything that is due has surely been sent (I4, R26, R33), in ms. */
export function quietMs({ lockTtlMs, standbyPollMs, publishTimeoutMs }: World): number {
  return 3 * lockTtlMs + 2 * standbyPollMs + 2 * publishTimeoutMs + 15_000;
}

type Weights = Readonly<Partial<Record<FaultSort, number>>>;
type FaultSort =
  | "command" | "batch" | "cut" | "slow" | "stuck" | "down" | "crash" | "stop" | "deploy" | "pause" | "suspend"
  | "freeze" | "roll back" | "wipe" | "evict" | "node clock" | "store clock" | "refuse"; // prettier-ignore

const COMMON: Weights = { batch: 3, crash: 2, stop: 1, deploy: 0.7, pause: 1.5, wipe: 0.1, refuse: 0.5 };
const NETWORK: Weights = { command: 24, cut: 1.5, slow: 1, stuck: 0.5, down: 0.4, suspend: 0.5, freeze: 0.4, "node clock": 0.4 }; // prettier-ignore
const BY_STORE: Readonly<Record<World["store"], Weights>> = {
  "one step": { ...NETWORK, "roll back": 0.25, "store clock": 0.2 },
  local: { stuck: 1, "store clock": 0.3, "roll back": 0.1, command: 6 },
  rows: { ...NETWORK, "roll back": 0.2 },
  memcached: { ...NETWORK, evict: 0.7 },
};

/** The steps of a seed, in their order. */
export function drawSteps(world: World, seed: number, { lengthMs, everyMs }: DrawOptions): Step[] {
  const random = new Random(seed);
  return new StepDrawer(world, random, new Random(seed ^ 0x5bd1e995)).draw(lengthMs, random.pick(everyMs));
}

class StepDrawer {
  readonly #world: World;
  readonly #random: Random;
  /** Draws what clients meet, so that the other steps of a seed do not depend on it. */
  readonly #clientRandom: Random;
  readonly #steps: Step[] = [];
  readonly #weights: Record<FaultSort, number>;
  /** When the last fault ends, ms since the beginning. */
  #endsAt = 0;
  #once = 0;

  constructor(world: World, random: Random, clientRandom: Random) {
    this.#world = world;
    this.#random = random;
    this.#clientRandom = clientRandom;
    const all = { ...COMMON, ...BY_STORE[world.store] } as Record<FaultSort, number>;
    // Each run has its own character: some kinds of fault never happen in it, and others often.
    const drawn = Object.entries(all).map(
      ([sort, weight]) => [sort, random.isBelow(0.3) ? 0 : weight * random.between(0.3, 2)] as const,
    );
    this.#weights = { ...(Object.fromEntries(drawn) as Record<FaultSort, number>), batch: all.batch };
  }

  draw(lengthMs: number, everyMs: number): Step[] {
    let now = 5_000;
    while (now < lengthMs) {
      const stormEndsAt = now + this.#random.between(10_000, 60_000);
      while (now < stormEndsAt) {
        now += -everyMs * Math.log(1 - this.#random.next());
        if (this.#random.isBelow(0.15)) {
          this.#clientFault(now, stormEndsAt);
          this.#add(now, this.#edit(now));
        } else this.#fault(now);
      }
      now = Math.max(now, this.#endsAt);
      for (let node = 0; node < this.#world.nodes; node++) this.#add(now, { kind: "start", node });
      const sinceMs = now;
      now += quietMs(this.#world);
      this.#add(now, { kind: "check", sinceMs });
      now += 500;
    }
    return this.#steps.sort((one, other) => one.at - other.at);
  }

  #add(at: number, event: Event): void {
    this.#steps.push({ at, ...event });
  }

  /** Adds a fault that works until `at + forMs`. */
  #last(at: number, forMs: number, event: Event): void {
    this.#endsAt = Math.max(this.#endsAt, at + forMs);
    this.#add(at, event);
  }

  #duration(): number {
    const { lockTtlMs } = this.#world;
    return Math.round(
      this.#random.isBelow(0.5) ? this.#random.between(50, 2_000) : this.#random.between(500, 3 * lockTtlMs),
    );
  }

  get #peer(): Peer {
    return this.#world.store === "local" || this.#random.isBelow(0.3) ? "queue" : "store";
  }

  #fault(at: number): void {
    const random = this.#random;
    const node = random.below(this.#world.nodes);
    const sort = random.weighted(this.#weights);
    const forMs = this.#duration();
    switch (sort) {
      case "command":
        return this.#command(at, node);
      case "batch":
        return this.#last(at, PENDING_MS, {
          kind: "batch",
          node,
          fault: { taken: random.pick([0, 0.5, 1, 1]), confirmed: random.pick([0, 0.5, 1]) },
        });
      case "cut":
        return this.#last(at, forMs, { kind: "cut", node, peer: this.#peer, forMs });
      case "slow":
        return this.#last(at, forMs, { kind: "slow", node, peer: this.#peer, forMs, byMs: random.between(10, 1_200) });
      case "stuck":
      case "down":
        return this.#last(at, forMs, { kind: sort, peer: this.#world.store === "local" ? "store" : this.#peer, forMs });
      case "crash":
      case "stop":
        this.#add(at, { kind: sort, node });
        return this.#last(at + forMs, 0, { kind: "start", node });
      case "deploy":
        return this.#deploy(at);
      case "pause":
      case "suspend":
      case "freeze":
        return this.#last(at, forMs, { kind: "stand still", node, forMs, how: sort });
      case "roll back":
      case "wipe":
      case "evict":
      case "node clock":
      case "store clock":
      case "refuse":
        return this.#rareFault(at, sort, node, forMs);
    }
  }

  #rareFault(at: number, sort: FaultSort, node: number, forMs: number): void {
    const random = this.#random;
    const byMs = Math.round(random.between(-4_000, 8_000));
    if (sort === "roll back") {
      const lostMs = Math.min(at, random.between(50, 20_000));
      this.#last(at, forMs, { kind: "roll back", downMs: forMs, lostMs });
    } else if (sort === "wipe") this.#last(at, 0, { kind: "wipe" });
    else if (sort === "evict") this.#last(at, 0, { kind: "evict", share: random.next() });
    else if (sort === "node clock") this.#last(at, 0, { kind: "set clock", node, byMs });
    else if (sort === "store clock") this.#last(at, Math.max(0, -byMs), { kind: "set clock", node: null, byMs });
    else this.#last(at, forMs, { kind: "refuse", forMs });
  }

  #command(at: number, node: number): void {
    const fault = this.#commandFault(this.#random);
    this.#last(at, PENDING_MS + fault.byMs, { kind: "command", node, peer: this.#peer, fault });
  }

  /** One edit in three may meet a fault, if nothing of it lasts longer than the storm. */
  #clientFault(at: number, stormEndsAt: number): void {
    const random = this.#clientRandom;
    const [isMet, passes, fault] = [random.isBelow(0.33), random.below(4), this.#commandFault(random)];
    const isOverInTime = at + PENDING_MS + fault.byMs < stormEndsAt;
    if (isMet && isOverInTime && this.#world.store !== "local")
      this.#add(at, { kind: "client command", passes, fault });
  }

  #commandFault(random: Random): PendingFault {
    const fault = random.weighted({ "lost request": 1, "lost reply": 1.5, "late request": 1, "late reply": 0.5 });
    const byMs = random.between(1, 2 * this.#world.commandTimeoutMs);
    return { fault, byMs, isTold: random.isBelow(0.5) };
  }

  /** All nodes, one after the other, get another configuration. */
  #deploy(at: number): void {
    const configuration = this.#random.below(this.#world.configurations.length);
    for (let node = 0; node < this.#world.nodes; node++) {
      this.#last(at + node * this.#random.between(0, 3_000), 0, { kind: "deploy", node, configuration });
    }
  }

  #configuredName(name: string): string {
    const { apps } = this.#world;
    return storedName(apps.length === 0 ? undefined : this.#random.pick(apps), name);
  }

  #edit(at: number): Event {
    const random = this.#random;
    const kind = random.weighted({ put: 4, pause: 2, resume: 3, remove: 1, run: 4, backfill: 1, reset: 0.7, once: 1 });
    const name =
      kind === "once"
        ? `once-${++this.#once}`
        : random.isBelow(0.75)
          ? `api-${1 + random.below(3)}`
          : this.#configuredName(`config-${1 + random.below(3)}`);
    const periodMs =
      kind === "once" ? Math.round(random.between(500, 10_000)) : random.pick([1_000, 3_000, 5_000, 12_000]);
    if (kind === "once") this.#endsAt = Math.max(this.#endsAt, at + periodMs);
    return { kind: "edit", edit: { kind, name, periodMs, missed: random.pick(["all", "latest", "skip"]) } };
  }
}
