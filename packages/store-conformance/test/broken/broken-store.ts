import type { StoreUnderTest } from "../../src/index.js";

/** A store with one flaw, and the case or cases that must find it. */
export interface BrokenStore {
  /** Says what is wrong, after "a store …". */
  readonly flaw: string;
  readonly caughtBy: string | readonly string[];
  /** Made for one run. */
  readonly subject: () => StoreUnderTest;
}
