import { factsIn } from "../world/schedule.js";
import type { Circumstances } from "./judge-base.js";
import type { StoredFacts } from "./stored-facts.js";

/** Judges what a leader makes of definitions that clients wrote (R28, R30). */
export class DefinitionJudge {
  readonly #world: Circumstances;
  readonly #stored: StoredFacts;

  constructor(world: Circumstances, stored: StoredFacts) {
    this.#world = world;
    this.#stored = stored;
  }

  onDefinition(name: string, text: string | null, byLeader: boolean): void {
    const before = this.#stored.definitionOf(name);
    this.#stored.onDefinition(name, text, this.#world.nowMs);
    if (name.startsWith("@beatx/")) return;
    const after = this.#stored.definitionOf(name);
    this.#world.tell(() => `${byLeader ? "the leader" : "a client"} writes ${name}: ${text ?? "removed"}`);
    if (!byLeader || !before) return;
    const isOnce = factsIn(before.args).periodMs === 0;
    const isOfClient = before.source === "api" || before.overridden;
    if (!isOfClient || (isOnce && !after)) return;
    if (!after) {
      if (before.source === "api") this.#violate(name, "removed it");
    } else if (factsIn(after.args).version !== factsIn(before.args).version) this.#violate(name, "replaced it");
    else if (after.paused !== before.paused) this.#violate(name, after.paused ? "paused it" : "resumed it");
  }

  #violate(name: string, what: string): void {
    this.#world.violate("R30", `a client wrote ${name}, and the leader ${what}`);
  }
}
