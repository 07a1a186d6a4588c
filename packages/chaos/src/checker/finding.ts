/** What was wrong, or at least unusual, with one occurrence. */
export type Deviation = "missed" | "repeated" | "second id" | "early" | "late" | "phantom" | "edit lost" | "crash";

/** One deviation of a run. */
export interface Finding {
  readonly deviation: Deviation;
  readonly entry: string;
  /** Epoch ms; of a requested run, the moment of the request. */
  readonly instant: number;
  /** The rule and the fault that allow it. `null`: nothing does, so it is a violation. */
  readonly explanation: string | null;
  readonly detail: string;
}
