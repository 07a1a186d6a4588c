import type { Clock, Timer } from "@beatx/core";

import type { Happening, Timeline } from "../base/timeline.js";

/** Epoch ms of the beginning of every run. */
export const START: number = Date.parse("2030-01-01T00:00:00Z");

/** How a machine stands still: which of its clocks go on meanwhile (R5). */
export type Standstill =
  /** The process alone is stopped (SIGSTOP), or its event loop hangs: both clocks go on. */
  | "pause"
  /** The machine sleeps: only the wall clock goes on. */
  | "suspend"
  /** A virtual machine is frozen from outside: no clock goes on. */
  | "freeze";

/** A computer: its two clocks, and whether it runs. */
export class Machine {
  readonly name: string;
  readonly timeline: Timeline;
  /** How fast its monotonic clock goes. 1: right. */
  readonly #rate: number;
  #wallOffsetMs: number;
  /** True time that the monotonic clock did not see. */
  #missedMs = 0;
  /** Ms since the beginning; in the past: it runs. */
  #stillUntil = 0;
  #backlog: (() => void)[] = [];
  /** When something last happened that its clocks do not show, ms since the beginning. */
  #misledAt = -Infinity;

  constructor(name: string, timeline: Timeline, { rate = 1, skewMs = 0 }: { rate?: number; skewMs?: number } = {}) {
    this.name = name;
    this.timeline = timeline;
    this.#rate = rate;
    this.#wallOffsetMs = skewMs;
  }

  get isStill(): boolean {
    return this.timeline.nowMs < this.#stillUntil;
  }

  /** Epoch ms by its wall clock. */
  now(): number {
    return Math.floor(START + this.timeline.nowMs + this.#wallOffsetMs);
  }

  monotonicMs(): number {
    return (this.timeline.nowMs - this.#missedMs) * this.#rate;
  }

  /** True ms until its monotonic clock shows `moment`. */
  msUntil(monotonicMoment: number): number {
    return (monotonicMoment - this.monotonicMs()) / this.#rate;
  }

  /** Neither of its clocks shows how much time has passed since that moment (R5): ms since the beginning. */
  wasMisledSince(moment: number): boolean {
    return this.#misledAt >= moment;
  }

  /** How far its wall clock is ahead, in ms. */
  get wallOffsetMs(): number {
    return this.#wallOffsetMs;
  }

  stepWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
    // A step back hides a later suspension.
    if (byMs < 0) this.#misledAt = this.timeline.nowMs;
  }

  /** Answers whether it was running. What should happen meanwhile happens afterwards, in order. */
  standStill(forMs: number, how: Standstill): boolean {
    if (this.isStill) return false;
    this.#stillUntil = this.timeline.nowMs + forMs;
    this.timeline.after(forMs, () => {
      if (how !== "pause") this.#missedMs += forMs;
      if (how === "freeze") {
        this.#wallOffsetMs -= forMs;
        this.#misledAt = this.timeline.nowMs;
      }
      const backlog = this.#backlog;
      this.#backlog = [];
      for (const callback of backlog) this.timeline.after(0, callback);
    });
    return true;
  }

  /** Runs the callback now, or when the machine goes on. */
  run(callback: () => void): void {
    if (this.isStill) this.#backlog.push(callback);
    else callback();
  }
}

/** A process on a machine. After `kill` nothing of it runs any more; what it has sent still arrives. */
export class Process implements Clock {
  readonly machine: Machine;
  #isAlive = true;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  kill(): void {
    this.#isAlive = false;
  }

  /** Runs the callback as soon as the machine runs, unless the process has been killed by then. */
  run(callback: () => void): void {
    if (!this.#isAlive) return;
    this.machine.run(() => {
      if (this.#isAlive) callback();
    });
  }

  now(): number {
    return this.machine.now();
  }

  monotonicMs(): number {
    return this.machine.monotonicMs();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const { machine } = this;
    // As `setTimeout`: a shorter delay would not move the time at all.
    const dueAt = machine.monotonicMs() + Math.max(1, delayMs);
    let isCancelled = false;
    let happening: Happening;
    const wait = (): void => {
      happening = machine.timeline.after(machine.msUntil(dueAt), () => this.run(fire));
    };
    const fire = (): void => {
      if (isCancelled) return;
      // A clock that stood still is not there yet.
      if (machine.msUntil(dueAt) > 1e-6) wait();
      else callback();
    };
    wait();
    return {
      cancel: () => {
        isCancelled = true;
        happening.isCancelled = true;
      },
    };
  }
}
