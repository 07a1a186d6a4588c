import { factsIn } from "../world/schedule.js";
import type { Circumstances } from "./judge-base.js";
import { readDefinition } from "./stored-facts.js";

/** Judges that no node undoes the configuration of a newer version (R30, R37). */
export class ConfigurationJudge {
  readonly #world: Circumstances;
  /** By entry: the highest version of the configuration that was merged. */
  readonly #versions = new Map<string, number>();

  constructor(world: Circumstances) {
    this.#world = world;
  }

  onDefinition(name: string, text: string | null, byLeader: boolean): void {
    const facts = text === null ? null : readDefinition(text);
    if (!this.#world.world.hasVersions || !byLeader || facts?.source !== "config" || facts.overridden) return;
    const { version } = factsIn(facts.args);
    const known = this.#versions.get(name) ?? 0;
    // A store that lost its data may have lost the version with them.
    if (version < known && this.#world.lostAt === -Infinity) {
      this.#world.violate("R30", `${name} of version ${known} was replaced by version ${version} of the configuration`);
    }
    this.#versions.set(name, Math.max(known, version));
  }
}
