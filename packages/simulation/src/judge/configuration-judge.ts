import type { StoredEntry } from "@beatx/core/adapter";

import { configurationOf, factsIn, storedName } from "../world/schedule.js";
import type { Circumstances } from "./judge-base.js";
import { readDefinition } from "./stored-facts.js";

const CLUSTER_RECORD = "@beatx/cluster";
const APP_PREFIX = "@beatx/app/";

/** A node, as far as its configuration goes. */
export interface ConfiguredNode {
  readonly app: string | undefined;
  /** Number of its configuration. */
  readonly configuration: number;
}

/**
 * Judges that no node undoes the configuration of a newer version (R30, R37), and that the entries of each application are
 * those of its newest configuration once all nodes have had the time to see it (R47).
 */
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
    const { hasVersions, apps } = this.#world.world;
    // Nodes of an application write it without a lease, and may race: what they come to in the end is what counts.
    if (apps.length > 0 || !hasVersions || !byLeader) return;
    const facts = text === null ? null : readDefinition(text);
    if (facts?.source !== "config" || facts.overridden) return;
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

  /** After a quiet time. `entries`: all that the store holds. `nodes`: all that run. */
  onQuiet(entries: readonly StoredEntry[], nodes: readonly ConfiguredNode[]): void {
    for (const app of this.#world.world.apps) {
      const versions = new Set(nodes.filter((node) => node.app === app).map(({ configuration }) => configuration));
      const newest = this.#newestOf(app, entries, versions);
      if (newest !== undefined) this.#judgeEntries(app, newest, entries);
    }
  }

  /** The version that all nodes of the application agree on; `undefined`: not known here, or no node has it any more. */
  #newestOf(app: string, entries: readonly StoredEntry[], versions: ReadonlySet<number>): number | undefined {
    const [only] = versions;
    // Without versions the last start decides, by the clock of the node that started.
    if (!this.#world.world.hasVersions) return versions.size === 1 ? only : undefined;
    const text = entries.find(({ name }) => name === APP_PREFIX + app)?.definition;
    const { configVersion = -1 } = text == null ? {} : (JSON.parse(text) as { readonly configVersion?: number });
    const highest = Math.max(...versions);
    if (versions.size > 0 && configVersion < highest) {
      this.#world.violate("R47", `the record of ${app} has version ${configVersion}, and a node has ${highest}`);
    }
    return versions.has(configVersion) ? configVersion : undefined;
  }

  #judgeEntries(app: string, version: number, entries: readonly StoredEntry[]): void {
    const expected = configurationOf(this.#world.world.configurations[version]!, version);
    const names = new Set(Object.keys(expected).map((name) => storedName(app, name)));
    const stored = new Set<string>();
    for (const { name, definition } of entries) {
      const facts = definition === null ? null : readDefinition(definition);
      if (!facts) continue;
      if (facts.source === "config" && name.startsWith(`${app}/`) && !names.has(name)) {
        this.#world.violate("R47", `${name} is stored, and version ${version} of the configuration does not have it`);
      }
      stored.add(name);
      if (!names.has(name) || facts.source !== "config" || facts.overridden) continue;
      const found = factsIn(facts.args).version;
      if (found === version) continue;
      this.#world.violate("R47", `${name} is of version ${found} of the configuration, and the newest is ${version}`);
    }
    for (const name of names) {
      if (!stored.has(name))
        this.#world.violate("R47", `${name} of version ${version} of the configuration is missing`);
    }
  }
}
