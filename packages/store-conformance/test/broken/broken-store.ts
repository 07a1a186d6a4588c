import type { StoreUnderTest } from "../../src/index.js";

/** A store with one flaw, and the case or cases that must find it. */
export interface BrokenStore {
  /** Completes "a store that …". */
  readonly flaw: string;
  /** The name of the case or cases. */
  readonly caughtBy: string | readonly string[];
  /** Makes a new one for each run. */
  readonly subject: () => StoreUnderTest;
}
