/**
 * Sends what is due and moves the cursors: the only place that publishes.
 *
 * With an outbox (class T, R20) message and cursor land in one step of the store. Without one, the message is published
 * first and the cursor moved after the broker's confirmation (R24): what is sent but not yet saved is remembered, so that
 * only a crash or a change of leader in between sends it again, with the same id. At most once is the other way round.
 */

import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { BeatxError, PublishError } from "../base/errors.js";
import type { Message, Publisher, PublisherOutbox } from "../contract/publisher.js";
import type { CursorMove, Lease } from "../contract/store.js";
import { encodeCursor } from "../entry/cursor.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { DueEntry, LiveEntry } from "../timetable/live-entry.js";
import { type Attempt, conclude, type Outcome, prepare } from "./attempt.js";

export interface DispatchOptions {
  readonly store: StoreWithDeadlines;
  readonly publisher: Publisher;
  readonly namespace: string;
  readonly clock: Clock;
  readonly publishTimeoutMs: number;
  /** Where store and queue share no step: rather lose an occurrence than send it twice. */
  readonly atMostOnce: boolean;
}

/** How long a publisher may take to answer after its time was over; part of the margin of the lease. */
const LAST_WORD_MS = 20;

export class Delivery {
  readonly #options: DispatchOptions;
  /** Published and confirmed, but the cursor could not be saved yet. */
  readonly #unsaved = new Map<LiveEntry, Attempt>();
  #abort = new AbortController();
  /** The publisher's outbox, once the store was seen to reach it (class T); `undefined`: not known yet. */
  #outbox: PublisherOutbox | null | undefined;
  /** Why that is not known yet. */
  #probeFailure: unknown;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** What is promised of each delivery, for people. */
  get delivery(): string {
    const { publisher, store } = this.#options;
    if (this.#outbox) return "exactly once: message and cursor land in one step of the store";
    if (publisher.delivery === "exactly-once") return "exactly once: the queue compares, whatever the store";
    if (this.#options.atMostOnce) return "at most once: what a crash or an error may have lost is counted as uncertain";
    return `at least once: a repeat carries the same id (${publisher.name} and the ${store.store.name} store share no step)`;
  }

  /** Only where nothing better is to be had (class P). */
  get #claimsFirst(): boolean {
    const { atMostOnce, publisher } = this.#options;
    return atMostOnce && this.#outbox === null && publisher.delivery === "at-least-once";
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
    this.#unsaved.clear();
    this.#abort = new AbortController();
    this.#outbox = undefined;
  }

  /**
   * Finds out, by asking the servers, whether message and cursor can land in one step. Rejects when either is away; until
   * it is known nothing is sent, since either way of sending could break the promise of the other (R20, R25).
   */
  async probeOutbox(): Promise<void> {
    try {
      this.#outbox = await this.#askForOutbox();
    } catch (error) {
      this.#probeFailure = error;
      throw error;
    }
  }

  async #askForOutbox(): Promise<PublisherOutbox | null> {
    const { store, publisher, clock, publishTimeoutMs } = this.#options;
    const { outbox } = publisher;
    if (!outbox || !store.store.capabilities.outbox) return null;
    const mark = await withDeadline(clock, outbox.leaveMark(), publishTimeoutMs, () =>
      tooSlow(publisher, publishTimeoutMs),
    );
    return (await store.reachesOutbox(mark)) ? outbox : null;
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
    const { namespace } = this.#options;
    if (this.#outbox === undefined) return due.map(() => ({ kind: "failed", error: this.#probeFailure }));
    const claims = this.#claimsFirst;
    const plans = due.map((entry) => this.#unsaved.get(entry.entry) ?? prepare(entry, lease, namespace, now, claims));
    if (this.#outbox) return this.#dispatchInOneStep(lease, plans, this.#outbox);
    return claims ? this.#claimThenPublish(lease, plans) : this.#publishThenSave(lease, plans);
  }

  async #dispatchInOneStep(lease: Lease, plans: readonly Attempt[], outbox: PublisherOutbox): Promise<Outcome[]> {
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

  async #publishThenSave(lease: Lease, plans: readonly Attempt[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = Array.from(plans, () => ({ kind: "replan", reload: false }));
    const unsent = plans.flatMap(({ message, entry }, index) =>
      message && !this.#unsaved.has(entry) ? [{ message, index }] : [],
    );
    const errors = await this.#publish(unsent.map(({ message }) => message));
    unsent.forEach(({ index }, nth) => {
      const error = errors[nth];
      if (error) outcomes[index] = { kind: "failed", error };
      else this.#unsaved.set(plans[index]!.entry, plans[index]!);
    });
    const movers = plans.flatMap((_plan, index) => (outcomes[index]!.kind === "failed" ? [] : [index]));
    // A definition that changed while its occurrence was being sent must not make it unsent again.
    const moves = movers.map((index) => {
      const { move, message } = plans[index]!;
      return message ? { ...move, definitionRevision: null } : move;
    });
    await this.#advance(lease, plans, moves, movers, outcomes);
    for (const index of movers) if (outcomes[index]!.kind !== "failed") this.#unsaved.delete(plans[index]!.entry);
    return outcomes;
  }

  /** At most once (R25): the cursor moves first, so that a crash loses the occurrence rather than repeating it. */
  async #claimThenPublish(lease: Lease, plans: readonly Attempt[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = Array.from(plans, () => ({ kind: "replan", reload: false }));
    const all = [...plans.keys()];
    await this.#advance(lease, plans, plans.map(({ move }) => move), all, outcomes); // prettier-ignore
    const claimed = plans.flatMap((plan, index) => {
      return plan.message && outcomes[index]!.kind === "settled" ? [{ plan, index, message: plan.message }] : [];
    });
    const errors = await this.#publish(claimed.map(({ message }) => message));
    const confirmed: Attempt[] = [];
    claimed.forEach(({ plan, index, message }, nth) => {
      const error = errors[nth];
      if (error) outcomes[index] = { kind: "uncertain", message, error };
      else confirmed.push(plan);
    });
    await this.#clearClaims(lease, confirmed);
    return outcomes;
  }

  /** What is confirmed is not uncertain any more; where that cannot be written now, the next move says it. */
  async #clearClaims(lease: Lease, confirmed: readonly Attempt[]): Promise<void> {
    const plans = confirmed.map((plan): Attempt => {
      const cursor = { ...plan.cursor, pending: null };
      plan.entry.cursor = cursor;
      const move = { ...plan.move, from: plan.move.to, to: encodeCursor(cursor), definitionRevision: null };
      return { ...plan, cursor, move };
    });
    const outcomes: Outcome[] = [];
    await this.#advance(lease, plans, plans.map(({ move }) => move), [...plans.keys()], outcomes); // prettier-ignore
  }

  /** Never rejects: a publisher that does fails all of its messages. */
  async #publish(messages: readonly Message[]): Promise<readonly (Error | undefined)[]> {
    if (messages.length === 0) return [];
    const { publisher, clock, publishTimeoutMs } = this.#options;
    const batch = new AbortController();
    const end = (): void => batch.abort(this.#abort.signal.reason);
    this.#abort.signal.addEventListener("abort", end);
    // The publisher is told first, so that it can still say which of the batch were sent.
    const timer = clock.setTimer(() => batch.abort(tooSlow(publisher, publishTimeoutMs)), publishTimeoutMs);
    try {
      this.#abort.signal.throwIfAborted();
      const sending = publisher.publish(messages, { signal: batch.signal, term: this.#abort.signal });
      const lastMs = publishTimeoutMs + LAST_WORD_MS;
      const answers = await withDeadline(clock, sending, lastMs, () => tooSlow(publisher, publishTimeoutMs));
      if (isAnswerTo(messages, answers)) return answers;
      const hint = "expected an array with one answer per message";
      throw new PublishError(`the publisher ${publisher.name} broke its contract in what publish answered: ${hint}`);
    } catch (cause) {
      batch.abort(cause);
      const error = cause instanceof Error ? cause : new PublishError(String(cause));
      return messages.map(() => error);
    } finally {
      timer.cancel();
      this.#abort.signal.removeEventListener("abort", end);
    }
  }

  /** Moves the cursors of `plans[movers[i]]` by `moves[i]` and writes down what became of each. */
  async #advance(
    lease: Lease,
    plans: readonly Attempt[],
    moves: readonly CursorMove[],
    movers: readonly number[],
    outcomes: Outcome[],
  ): Promise<void> {
    if (moves.length === 0) return;
    try {
      const results = await this.#options.store.advance(lease, moves);
      movers.forEach((index, nth) => (outcomes[index] = conclude(plans[index]!, results[nth]!)));
    } catch (error) {
      if (BeatxError.hasCode(error, "LOCK_LOST")) throw error;
      // Perhaps carried out: the next attempt is made from the same cursor, and finds it moved to ours (R21).
      for (const index of movers) outcomes[index] = { kind: "failed", error };
    }
  }
}

/** A publisher in plain JavaScript may answer anything. */
function isAnswerTo(messages: readonly Message[], answers: readonly (Error | undefined)[]): boolean {
  return Array.isArray(answers) && answers.length === messages.length;
}

function tooSlow(publisher: Publisher, timeoutMs: number): PublishError {
  return new PublishError(`${publisher.name} did not confirm within ${timeoutMs} ms; the same ids will be sent again`);
}
