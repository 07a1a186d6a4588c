import type { Message, OutboxMark } from "@beatx/core/adapter";

import type { Machine } from "../world/machine.js";

/** A message in the queue. */
export interface Arrival {
  readonly message: Message;
  /** Ms since the beginning. */
  readonly at: number;
  /** The message was written by the store, in the step that moved the cursor (R20). */
  readonly isInStep: boolean;
}

export type DeliveryAnswer = "new" | "same" | "passed";

/** A broker: its queue, and what it remembers beside it (R23). */
export class Broker {
  readonly machine: Machine;
  readonly #onArrival: (arrival: Arrival) => void;
  #lastInstants = new Map<string, number>();
  readonly #marks = new Map<string, number>();
  #marksMade = 0;
  /** Takes nothing until then, and says so; ms since the beginning. */
  #refusesUntil = 0;

  constructor(machine: Machine, onArrival: (arrival: Arrival) => void) {
    this.machine = machine;
    this.#onArrival = onArrival;
  }

  refuse(forMs: number): void {
    this.#refusesUntil = this.machine.timeline.nowMs + forMs;
  }

  get isRefusing(): boolean {
    return this.machine.timeline.nowMs < this.#refusesUntil;
  }

  push(message: Message, isInStep: boolean): void {
    this.#onArrival({ message, at: this.machine.timeline.nowMs, isInStep });
  }

  /** Takes the message unless it took it, or a later instant of its entry, before. A reset counts anew (R23). */
  compareAndPush(message: Message): DeliveryAnswer {
    const member = message.requested ? message.id : message.entry;
    const reset = message.resetId === undefined ? null : `${message.entry} ${message.resetId}`;
    const last = this.#lastInstants.get(member);
    const isFirstAfterReset = reset !== null && !this.#lastInstants.has(reset);
    if (reset !== null) this.#lastInstants.set(reset, message.scheduledAt);
    if (last === message.scheduledAt) return "same";
    if (last !== undefined && last > message.scheduledAt && !isFirstAfterReset) return "passed";
    this.#lastInstants.set(member, message.scheduledAt);
    this.push(message, false);
    return "new";
  }

  leaveMark(): OutboxMark {
    const mark = { database: 0, key: `mark ${++this.#marksMade}`, value: "" };
    this.#marks.set(mark.key, this.machine.monotonicMs() + MARK_LIVES_MS);
    return mark;
  }

  holdsMark({ key }: OutboxMark): boolean {
    return (this.#marks.get(key) ?? 0) > this.machine.monotonicMs();
  }
}

const MARK_LIVES_MS = 5_000;
