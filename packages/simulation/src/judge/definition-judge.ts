import { factsIn } from "../world/schedule.js";
import type { Circumstances } from "./judge-base.js";
import type { QueueJudge } from "./queue-judge.js";
import type { StoredFacts } from "./stored-facts.js";

/** Judges what a leader makes of definitions that clients wrote (R28, R30). */
export class DefinitionJudge {
  readonly #world: Circumstances;
  readonly #stored: StoredFacts;
  readonly #queue: QueueJudge;

  constructor(world: Circumstances, stored: StoredFacts, queue: QueueJudge) {
    this.#world = world;
    this.#stored = stored;
    this.#queue = queue;
  }

  onDefinition(name: string, text: string | null, byLeader: boolean): void {
    const before = this.#stored.definitionOf(name);
    this.#stored.onDefinition(name, text, this.#world.nowMs);
    if (name.startsWith("@beatx/")) return;
    const after = this.#stored.definitionOf(name);
    this.#world.tell(() => `${byLeader ? "the leader" : "a client"} writes ${name}: ${text ?? "removed"}`);
    if (!byLeader || !before) return;
    const isOnce = factsIn(before.args).periodMs === 0;
    if (isOnce && !after) this.#judgeOnce(name);
    const isOfClient = before.source === "api" || before.overridden;
    if (!isOfClient || (isOnce && !after)) return;
    if (!after) {
      if (before.source === "api") this.#violate(name, "removed it");
    } else if (factsIn(after.args).version !== factsIn(before.args).version) this.#violate(name, "replaced it");
    else if (after.paused !== before.paused) this.#violate(name, after.paused ? "paused it" : "resumed it");
  }

  /** An entry that is due once goes after its message, unless that may be lost or the store went back. */
  #judgeOnce(name: string): void {
    const { world, lostAt } = this.#world;
    const mayBeLost = world.delivery === "at-most-once" || !this.#stored.wasEditedSince(name, lostAt);
    if (mayBeLost || this.#queue.hasAny(name)) return;
    this.#world.violate("I2", `${name} was due once, and the leader removed it without a message`);
  }

  #violate(name: string, what: string): void {
    this.#world.violate("R30", `a client wrote ${name}, and the leader ${what}`);
  }
}
