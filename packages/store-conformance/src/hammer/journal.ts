import { appendFileSync, readFileSync } from "node:fs";

/** The commands of a store that a worker uses, and the two ends of its life. */
export type HammeredCall = "acquireLock" | "renewLock" | "releaseLock" | "advance" | "setSchedule" | "close";

/**
 * What a worker has done. Times are `machineMs`; a term is one token of one worker. All events of one worker's journal
 * stand in the order in which they happened.
 */
export type HammerEvent =
  /** From `atMs` on the worker acts as the leader, at most until `untilMs`, unless a later event says otherwise. */
  | {
      readonly kind: "believed";
      readonly by: "acquireLock" | "renewLock";
      readonly term: number;
      readonly fence: number;
      readonly atMs: number;
      readonly untilMs: number;
    }
  /** It gave up its belief before that had run out. */
  | { readonly kind: "ended"; readonly term: number; readonly atMs: number }
  /** The store said no. */
  | { readonly kind: "refused"; readonly call: HammeredCall }
  /** The store could not tell, or answered after the deadline. */
  | { readonly kind: "failed"; readonly call: HammeredCall; readonly message: string }
  /** The call had not settled long after its deadline. */
  | { readonly kind: "unsettled"; readonly call: HammeredCall }
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
  /** Names the process, as in `2.3`: the third one that plays worker 2. */
  readonly worker: string;
  readonly events: readonly HammerEvent[];
}

/** Monotonic ms on a clock that all processes of the machine share (unlike `performance.now`, which begins with each). */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Appends an event. It is with the kernel when this returns, so that it outlives a SIGKILL: what is written before it is
 * acted upon is never missing.
 */
export function appendEvent(path: string, event: HammerEvent): void {
  appendFileSync(path, `${JSON.stringify(event)}\n`);
}

/** The events of one worker. The last line counts only when it is whole. */
export function readEvents(path: string): HammerEvent[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as HammerEvent);
}
