import { StoreError } from "@beatx/core";
import { withDeadline } from "@beatx/core/adapter";
import { machineMs, type HammeredCall } from "./journal.js";

const CHECK_EVERY_MS = 10;
/** A call may end this long after its deadline, in ms of process run time: the event loop may be busy. */
const GRACE_MS = 1000;

interface PendingCall {
  readonly call: HammeredCall;
  /** `#runningMs` at the time of the call. */
  readonly sinceMs: number;
}

/**
 * Calls a store as core does: an answer after the deadline counts as none (R7, R40). Reports calls that never end. Their
 * time is counted by a timer in this process, so that time under SIGSTOP or on a slow machine does not count.
 */
export class WatchedCalls {
  readonly #timeoutMs: number;
  readonly #onUnended: (call: HammeredCall) => void;
  readonly #pending = new Set<PendingCall>();
  readonly #timer: NodeJS.Timeout;
  #runningMs = 0;
  #lastCheckMs: number = machineMs();

  constructor(timeoutMs: number, onUnended: (call: HammeredCall) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onUnended = onUnended;
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY_MS);
  }

  /** Ends as `work` does, but rejects with a `StoreError` when the deadline has passed. */
  make<T>(call: HammeredCall, work: () => Promise<T>): Promise<T> {
    const message = `no answer within ${this.#timeoutMs} ms`;
    return withDeadline(this.watch(call, work), this.#timeoutMs, () => new StoreError(message));
  }

  /** Ends as `work` does, however late. */
  async watch<T>(call: HammeredCall, work: () => Promise<T>): Promise<T> {
    const pending = { call, sinceMs: this.#runningMs };
    this.#pending.add(pending);
    try {
      return await work();
    } finally {
      this.#pending.delete(pending);
    }
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const now = machineMs();
    this.#runningMs += Math.min(now - this.#lastCheckMs, 2 * CHECK_EVERY_MS);
    this.#lastCheckMs = now;
    for (const pending of this.#pending) {
      if (this.#runningMs - pending.sinceMs < this.#timeoutMs + GRACE_MS) continue;
      this.#pending.delete(pending);
      this.#onUnended(pending.call);
    }
  }
}
