import { appendFileSync, readFileSync } from "node:fs";

/** The store methods that a worker calls. */
export type HammeredCall = "acquireLock" | "renewLock" | "releaseLock" | "advance" | "setSchedule" | "close";

/**
 * One action of a worker. Times are `machineMs`; a term is one token of one worker. The events of a journal are in the order
 * in which they happened.
 */
export type HammerEvent =
  /** The worker acts as the leader from `atMs`, at most until `untilMs`, unless a later event says otherwise. */
  | {
      readonly kind: "believed";
      readonly by: "acquireLock" | "renewLock";
      readonly term: number;
      readonly fence: number;
      readonly atMs: number;
      readonly untilMs: number;
    }
  /** It stopped acting as the leader, perhaps before `untilMs`. */
  | { readonly kind: "ended"; readonly term: number; readonly atMs: number }
  /** The store said no. */
  | { readonly kind: "refused"; readonly call: HammeredCall }
  /** The call rejected, or did not end before the deadline. */
  | { readonly kind: "failed"; readonly call: HammeredCall; readonly message: string }
  /** The call did not end, even long after its deadline. */
  | { readonly kind: "unended"; readonly call: HammeredCall }
  /** The store confirmed a move of the cursor that all workers share. */
  | {
      readonly kind: "moved";
      readonly fence: number;
      readonly from: string | null;
      readonly to: string;
      readonly sentAtMs: number;
      readonly repliedAtMs: number;
    };

/** The journal of one worker process. */
export interface Journal {
  /** The name of the process: `2.3` is the third in the place of worker 2. */
  readonly worker: string;
  readonly events: readonly HammerEvent[];
}

/** Monotonic ms by a clock that all processes of the machine share, unlike `performance.now`, which starts with each. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Appends an event. The kernel has it when this returns, so it survives a SIGKILL: an event that is written before the
 * worker acts on it is never missing.
 */
export function appendEvent(path: string, event: HammerEvent): void {
  appendFileSync(path, `${JSON.stringify(event)}\n`);
}

/** The events of one worker. A last line that is incomplete is left out. */
export function readEvents(path: string): HammerEvent[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as HammerEvent);
}
