import { type Distribution, distributionOf } from "../figures/statistics.js";
import { table } from "@beatx/test-servers";
import type { Recovery } from "./measure-recovery.js";
import type { TakeOver } from "./measure-take-over.js";

/** Take-overs after one fault, on one store. Times are in ms. */
export interface TakeOverFigures {
  readonly fault: string;
  readonly what: string;
  readonly on: string;
  /** As docs/PROTOCOL.md writes it. */
  readonly formula: string;
  /** The least bound of all runs: each has its own `L`. */
  readonly boundMs: number;
  /** The longest store command of all runs. */
  readonly longestCommandMs: number;
  /** Until a node held a new lease; absent if the old one always lived on. */
  readonly lease: Distribution | null;
  /** Until the first message of who leads. */
  readonly message: Distribution;
  /** Runs that took longer than their bound. */
  readonly beyondBound: number;
  /** Those of them that took longer than their bound and what the machine withheld from the node. */
  readonly unexplained: number;
}

/** Recoveries of a publisher after one kind of outage of one broker. Times are in ms. */
export interface RecoveryFigures {
  readonly fault: string;
  readonly what: string;
  readonly on: string;
  readonly formula: string;
  readonly boundMs: number;
  /** From the broker's return to the first message. */
  readonly message: Distribution;
  /** From the fault to the first new attempt to connect. */
  readonly firstAttempt: Distribution | null;
  /** The longest time between two attempts while the broker refused them. */
  readonly longestPause: Distribution | null;
  readonly beyondBound: number;
  readonly unexplained: number;
}

/** What a take-over has to keep: the lease within its bound, or the message if the old lease lived on. */
export function judgedMs({ leaseMs, messageMs }: TakeOver): number {
  return leaseMs ?? messageMs;
}

/** Whether the bound was broken although the machine let the nodes run. */
export function isUnexplained(takenMs: number, boundMs: number, stallMs: number): boolean {
  return takenMs > boundMs + stallMs;
}

/** Summarises the runs of one fault. */
export function takeOverFigures(
  names: Pick<TakeOverFigures, "fault" | "what" | "on" | "formula">,
  runs: readonly TakeOver[],
): TakeOverFigures {
  const leases = runs.flatMap(({ leaseMs }) => leaseMs ?? []);
  return {
    ...names,
    boundMs: Math.round(Math.min(...runs.map(({ boundMs }) => boundMs))),
    longestCommandMs: Math.round(Math.max(...runs.map(({ commandMs }) => commandMs))),
    lease: leases.length === 0 ? null : distributionOf(leases),
    message: distributionOf(runs.map(({ messageMs }) => messageMs)),
    beyondBound: runs.filter((run) => judgedMs(run) > run.boundMs).length,
    unexplained: runs.filter((run) => isUnexplained(judgedMs(run), run.boundMs, run.stallMs)).length,
  };
}

/** Summarises the runs of one kind of outage. */
export function recoveryFigures(
  names: Pick<RecoveryFigures, "fault" | "what" | "on" | "formula" | "boundMs">,
  runs: readonly Recovery[],
): RecoveryFigures {
  const present = (values: readonly (number | null)[]): Distribution | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : distributionOf(known);
  };
  return {
    ...names,
    message: distributionOf(runs.map(({ messageMs }) => messageMs)),
    firstAttempt: present(runs.map(({ firstAttemptMs }) => firstAttemptMs)),
    longestPause: present(runs.map(({ longestPauseMs }) => longestPauseMs)),
    beyondBound: runs.filter(({ messageMs }) => messageMs > names.boundMs).length,
    unexplained: runs.filter(({ messageMs, stallMs }) => isUnexplained(messageMs, names.boundMs, stallMs)).length,
  };
}

const HEAD = ["", "", "n", "min", "median", "p95", "max", "bound", "beyond", "unexplained"];

function cells(times: Distribution | null): (string | number)[] {
  return times ? [times.n, times.min, times.median, times.p95, times.max] : ["-", "-", "-", "-", "-"];
}

/** The figures as a person reads them, in ms. */
export function showTakeOvers(figures: readonly TakeOverFigures[]): string {
  const rows = figures.flatMap(({ what, on, lease, message, boundMs, beyondBound, unexplained }) => [
    [`${what}, on ${on}`, "lease", ...cells(lease), boundMs, beyondBound, unexplained],
    ["", "message", ...cells(message), "", "", ""],
  ]);
  return table([HEAD, ...rows]);
}

/** The same for recoveries of publishers. */
export function showRecoveries(figures: readonly RecoveryFigures[]): string {
  const rows = figures.flatMap(
    ({ what, on, message, firstAttempt, longestPause, boundMs, beyondBound, unexplained }) => [
      [`${what}, ${on}`, "message", ...cells(message), boundMs, beyondBound, unexplained],
      ["", "first attempt", ...cells(firstAttempt), "", "", ""],
      ["", "longest pause", ...cells(longestPause), "", "", ""],
    ],
  );
  return table([HEAD, ...rows]);
}
