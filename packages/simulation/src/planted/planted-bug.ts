import type { Search } from "./find-violation.js";

/** A mistake that is planted into a copy of the code, to see whether the simulation finds it. */
export interface PlantedBug extends Search {
  /** The rule of the protocol that it breaks, such as `R14`. */
  readonly rule: string;
  /** Names the bug among those of its rule: words joined by hyphens. */
  readonly name: string;
  /** What the code does wrong, in one sentence. */
  readonly title: string;
  /** The file that is patched, from the folder of the packages. */
  readonly file: string;
  /** The text that is replaced. The file holds it exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The promise that the simulation finds broken, such as `I1`. */
  readonly breaks: string;
  /** Others that a seed may find broken before that one, by the same mistake. */
  readonly alsoBreaks?: readonly string[];
}
