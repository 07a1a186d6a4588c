import { factsIn } from "../world/schedule.js";
import type { Circumstances } from "./judge-base.js";
import { readDefinition } from "./stored-facts.js";

const CLUSTER_RECORD = "@beatx/cluster";

/** Judges that no node undoes the configuration of a newer version (R30, R37). */
export class ConfigurationJudge {
  readonly #world: Circumstances;
  /** By entry: the highest version of the configuration that was merged. */
  readonly #merged = new Map<string, { readonly version: number; readonly at: number }>();
  /** When the cluster record was last written, ms since the beginning. */
  #recordedAt = -Infinity;

  constructor(world: Circumstances) {
    this.#world = world;
  }

  onDefinition(name: string, text: string | null, byLeader: boolean): void {
    if (name === CLUSTER_RECORD) this.#recordedAt = this.#world.nowMs;
    const facts = text === null ? null : readDefinition(text);
    if (!this.#world.world.hasVersions || !byLeader || facts?.source !== "config" || facts.overridden) return;
    const { version } = factsIn(facts.args);
    const known = this.#merged.get(name) ?? { version: 0, at: 0 };
    // A store that has lost data may have lost the version with them. It is written after the entries that are restored.
    const { lostAt } = this.#world;
    const isKept = lostAt === -Infinity || Math.min(known.at, this.#recordedAt) > lostAt;
    if (version < known.version && isKept) {
      const what = `${name} of version ${known.version} was replaced by version ${version} of the configuration`;
      this.#world.violate("R30", what);
    }
    this.#merged.set(name, { version, at: this.#world.nowMs });
  }
}
