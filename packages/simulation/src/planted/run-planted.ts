import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Finding, Search } from "./find-violation.js";
import { PatchedCopy } from "./patched-copy.js";
import type { PlantedBug } from "./planted-bug.js";

const run = promisify(execFile);

/** Whether the simulation finds a planted bug. */
export interface PlantedResult {
  readonly bug: PlantedBug;
  /** `null`: no seed broke a promise. */
  readonly finding: Finding | null;
}

/** A place to plant bugs in, and to search for them. */
export class PlantedBugsRun {
  readonly #copy: PatchedCopy;

  private constructor(copy: PatchedCopy) {
    this.#copy = copy;
  }

  /** Compiles a copy of the sources. The caller ends the run. */
  static async begin(): Promise<PlantedBugsRun> {
    return new PlantedBugsRun(await PatchedCopy.make());
  }

  /** Plants the bug, and runs its seeds until one breaks a promise. @throws Error if its patch no longer applies. */
  async search(bug: PlantedBug): Promise<PlantedResult> {
    await this.#copy.plant(bug);
    return { bug, finding: await this.#run(bug) };
  }

  /** Runs the same seeds without a bug: the first broken promise, or `null`. */
  async control(search: Search): Promise<Finding | null> {
    await this.#copy.clean();
    return this.#run(search);
  }

  async end(): Promise<void> {
    await this.#copy.remove();
  }

  /** A patched copy runs in a process of its own. */
  async #run({ seeds, world, draw }: Search): Promise<Finding | null> {
    const search = this.#copy.pathOf("simulation/src/planted/search.ts");
    // The options of this process, such as the ones of a test runner, are not those of the search.
    const env = { PATH: process.env["PATH"] };
    const { stdout } = await run(process.execPath, [search, JSON.stringify({ seeds, world, draw })], { env });
    return JSON.parse(stdout) as Finding | null;
  }
}

/** What was run until each bug was found: one search for each kind of world, with the highest of its seeds. */
export function searchesOf(results: readonly PlantedResult[]): readonly Search[] {
  const searches = new Map<string, Search>();
  for (const { bug, finding } of results) {
    const { world = {}, draw = {} } = bug;
    const key = JSON.stringify([world, draw]);
    const seeds = Math.max(finding?.seed ?? 0, searches.get(key)?.seeds ?? 0);
    searches.set(key, { seeds, world, draw });
  }
  return [...searches.values()];
}
