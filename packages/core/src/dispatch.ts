/**
 * Sends what is due and moves the cursors: the only place that publishes.
 *
 * With an outbox (class T, R20) message and cursor land in one step of the store. Without one, the message is published
 * first and the cursor moved after the broker's confirmation (R24): what is sent but not yet saved is remembered, so that
 * only a crash or a change of leader in between sends it again, with the same id.
 */

import { type Clock, withDeadline } from "./clock.js";
import { type Cursor, decodeCursor, encodeCursor } from "./cursor.js";
import { BeatxError, PublishError } from "./errors.js";
import type { GuardedStore } from "./guarded-store.js";
import { makeMessage } from "./message.js";
import type { Message, Publisher, PublisherOutbox } from "./publisher.js";
import type { DueEntry, PlannedEntry } from "./roster.js";
import type { CursorMove, Lease, MoveResult } from "./store.js";

/** What became of one due entry. */
export type Outcome =
  /** The cursor moved; the message, if there was one, is in the queue. */
  | { readonly kind: "settled"; readonly message: Message | null }
  /** The store holds another cursor or definition, or another time: plan again from there. */
  | { readonly kind: "replan"; readonly reload: boolean }
  /** Not sent, or not known to be sent: try again later. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface DispatchOptions {
  readonly store: GuardedStore;
  readonly publisher: Publisher;
  readonly namespace: string;
  readonly clock: Clock;
  readonly publishTimeoutMs: number;
}

interface Plan extends DueEntry {
  readonly message: Message | null;
  readonly cursor: Cursor;
  readonly move: CursorMove;
}

export class Dispatcher {
  readonly #options: DispatchOptions;
  /** Published and confirmed, but the cursor could not be saved yet. */
  readonly #sent = new Map<PlannedEntry, Plan>();
  #abort = new AbortController();
  /** The publisher's outbox, once the store was seen to reach it (class T); `undefined`: not known yet. */
  #outbox: PublisherOutbox | null | undefined;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** What is promised of each delivery, for people. */
  get delivery(): string {
    const { publisher, store } = this.#options;
    if (this.#outbox) return "exactly once: message and cursor land in one step of the store";
    if (publisher.delivery === "exactly-once") return "exactly once: the queue compares, whatever the store";
    return `at least once: a repeat carries the same id (${publisher.name} and the ${store.store.name} store share no step)`;
  }

  get isProbed(): boolean {
    return this.#outbox !== undefined;
  }

  /** How long the lease must be trusted before a batch may start (R19); in one step the store itself compares the lease. */
  get trustNeededMs(): number {
    return this.#outbox ? 0 : this.#options.publishTimeoutMs;
  }

  /** To be called with each new term. */
  begin(): void {
    this.#sent.clear();
    this.#abort = new AbortController();
    this.#outbox = undefined;
  }

  /** Finds out, by asking the servers, whether message and cursor can land in one step. Rejects when either is away. */
  async probeOutbox(): Promise<void> {
    const { store, publisher, clock, publishTimeoutMs } = this.#options;
    const { outbox } = publisher;
    if (!outbox || !store.store.capabilities.outbox) {
      this.#outbox = null;
      return;
    }
    const mark = await withDeadline(clock, outbox.leaveMark(), publishTimeoutMs, () =>
      tooSlow(publisher, publishTimeoutMs),
    );
    this.#outbox = (await store.reachesOutbox(mark)) ? outbox : null;
  }

  /** Leadership is over: nothing more is sent. */
  abort(): void {
    this.#abort.abort(new PublishError("leadership ended before the message was sent"));
  }

  /**
   * Sends one occurrence per entry; answers in their order. Entries are independent: one that fails keeps none back.
   * @throws LockLostError when the lease is not the current one.
   */
  async dispatch(lease: Lease, due: readonly DueEntry[], now: number): Promise<Outcome[]> {
    const plans = due.map((entry) => this.#sent.get(entry.planned) ?? this.#plan(lease, entry, now));
    return this.#outbox ? this.#dispatchInOneStep(lease, plans, this.#outbox) : this.#publishThenSave(lease, plans);
  }

  #plan(lease: Lease, { planned, settlement }: DueEntry, now: number): Plan {
    const { send, to, skipped } = settlement;
    const before = planned.cursor;
    const cursor: Cursor = {
      at: to,
      runs: (before?.runs ?? 0) + (send === null ? 0 : 1),
      skipped: (before?.skipped ?? 0) + skipped,
      fence: lease.fence,
      sentAt: send === null ? (before?.sentAt ?? null) : Math.trunc(now),
    };
    const message = send === null ? null : makeMessage(planned, send, skipped, lease, this.#options.namespace);
    const move = { name: planned.name, from: planned.cursorText, to: encodeCursor(cursor), dueAt: to };
    return { planned, settlement, message, cursor, move: { ...move, definitionRevision: planned.revision } };
  }

  async #dispatchInOneStep(lease: Lease, plans: readonly Plan[], outbox: PublisherOutbox): Promise<Outcome[]> {
    const outcomes: Outcome[] = Array.from(plans, () => ({ kind: "replan", reload: false }));
    const moves: CursorMove[] = [];
    const movers: number[] = [];
    plans.forEach((plan, index) => {
      try {
        moves.push(plan.message ? { ...plan.move, outbox: outbox.writesFor(plan.message) } : plan.move);
        movers.push(index);
      } catch (error) {
        outcomes[index] = { kind: "failed", error };
      }
    });
    await this.#advance(lease, plans, moves, movers, outcomes);
    return outcomes;
  }

  async #publishThenSave(lease: Lease, plans: readonly Plan[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = Array.from(plans, () => ({ kind: "replan", reload: false }));
    const unsent = plans.flatMap(({ message, planned }, index) =>
      message && !this.#sent.has(planned) ? [{ message, index }] : [],
    );
    const errors = await this.#publish(unsent.map(({ message }) => message));
    unsent.forEach(({ index }, nth) => {
      const error = errors[nth];
      if (error) outcomes[index] = { kind: "failed", error };
      else this.#sent.set(plans[index]!.planned, plans[index]!);
    });
    const movers = plans.flatMap((_plan, index) => (outcomes[index]!.kind === "failed" ? [] : [index]));
    // A definition that changed while its occurrence was being sent must not make it unsent again.
    const moves = movers.map((index) => {
      const { move, message } = plans[index]!;
      return message ? { ...move, definitionRevision: null } : move;
    });
    await this.#advance(lease, plans, moves, movers, outcomes);
    for (const index of movers) if (outcomes[index]!.kind !== "failed") this.#sent.delete(plans[index]!.planned);
    return outcomes;
  }

  /** Never rejects: a publisher that does fails all of its messages. */
  async #publish(messages: readonly Message[]): Promise<readonly (Error | undefined)[]> {
    if (messages.length === 0) return [];
    const { publisher, clock, publishTimeoutMs } = this.#options;
    const batch = new AbortController();
    const end = (): void => batch.abort(this.#abort.signal.reason);
    this.#abort.signal.addEventListener("abort", end);
    try {
      this.#abort.signal.throwIfAborted();
      const sending = publisher.publish(messages, { signal: batch.signal, term: this.#abort.signal });
      return await withDeadline(clock, sending, publishTimeoutMs, () => tooSlow(publisher, publishTimeoutMs));
    } catch (cause) {
      batch.abort(cause);
      const error = cause instanceof Error ? cause : new PublishError(String(cause));
      return messages.map(() => error);
    } finally {
      this.#abort.signal.removeEventListener("abort", end);
    }
  }

  /** Moves the cursors of `plans[movers[i]]` by `moves[i]` and writes down what became of each. */
  async #advance(
    lease: Lease,
    plans: readonly Plan[],
    moves: readonly CursorMove[],
    movers: readonly number[],
    outcomes: Outcome[],
  ): Promise<void> {
    if (moves.length === 0) return;
    try {
      const results = await this.#options.store.advance(lease, moves);
      movers.forEach((index, nth) => (outcomes[index] = settleMove(plans[index]!, results[nth]!)));
    } catch (error) {
      if (BeatxError.hasCode(error, "LOCK_LOST")) throw error;
      // Perhaps carried out: the next attempt is made from the same cursor, and finds it moved to ours (R21).
      for (const index of movers) outcomes[index] = { kind: "failed", error };
    }
  }
}

function settleMove(plan: Plan, result: MoveResult): Outcome {
  switch (result.status) {
    case "done":
      return accept(plan);
    case "moved":
      return adopt(plan, result.cursor);
    case "changed":
      return { kind: "replan", reload: true };
    case "early":
      return { kind: "replan", reload: false };
    case "refused":
      return {
        kind: "failed",
        error: new PublishError(`${JSON.stringify(plan.planned.name)} was not sent: ${result.reason}`),
      };
  }
}

function accept({ planned, cursor, move, message }: Plan): Outcome {
  planned.cursor = cursor;
  planned.cursorText = move.to;
  return { kind: "settled", message };
}

/** Takes what the store holds for the truth (R32), except where it holds nothing: then memory is written back (R33). */
function adopt(plan: Plan, stored: string | null): Outcome {
  if (stored === plan.move.to) return accept(plan);
  const { planned } = plan;
  planned.cursorText = stored;
  try {
    if (stored !== null) planned.cursor = decodeCursor(planned.name, stored);
    return { kind: "replan", reload: false };
  } catch (error) {
    return { kind: "failed", error };
  }
}

function tooSlow(publisher: Publisher, timeoutMs: number): PublishError {
  return new PublishError(`${publisher.name} did not confirm within ${timeoutMs} ms; the same ids will be sent again`);
}
