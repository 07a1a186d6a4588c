import { BeatxError, StoreError } from "@beatx/core/adapter";
import type { DummyBackend } from "./dummy-backend.js";
import type { DummyFaults, DummyMethod } from "./dummy-faults.js";

/** The "network" between one store and its backend. Delays, losses and deadlines happen only here. */
export class DummyConnection {
  readonly #backend: DummyBackend;
  readonly #faults: DummyFaults;
  readonly #timeoutMs: number;
  #closed = false;

  constructor(backend: DummyBackend, faults: DummyFaults, timeoutMs: number) {
    this.#backend = backend;
    this.#faults = faults;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Carries `work` to the backend and its answer back. A command that meets its deadline on the way rejects, but is still
   * carried out when it arrives: its result is "unknown".
   */
  async command<T>(method: DummyMethod, work: () => T): Promise<T> {
    if (this.#closed) {
      throw new BeatxError("CLOSED", `${method} was called on a closed dummy store: open a new one`);
    }
    const failure = this.#faults.takeFailure(method);
    const delayMs = this.#faults.delayOf(method);
    const carryOut = (): T => {
      if (failure?.after === false) throw failure.error;
      const answer = work();
      if (failure) throw failure.error;
      return answer;
    };
    if (delayMs === 0 && !this.#backend.paused) return carryOut();
    return this.#withDeadline(method, this.#travel(delayMs).then(carryOut));
  }

  close(): void {
    this.#closed = true;
  }

  async #travel(delayMs: number): Promise<void> {
    if (delayMs > 0) await new Promise<void>((resolve) => this.#backend.clock.setTimer(resolve, delayMs));
    await this.#backend.whenRunning();
  }

  #withDeadline<T>(method: DummyMethod, reply: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = new StoreError(`the dummy store did not answer ${method} within ${this.#timeoutMs} ms`);
      const timer = this.#backend.clock.setTimer(() => reject(late), this.#timeoutMs);
      const cancel = (): void => timer.cancel();
      reply.then(resolve, reject).then(cancel, cancel);
    });
  }
}
