/** Gives occurrences up that could not be sent for too long, so that nothing waits for ever in silence (R54). */

import { PublishError } from "../base/errors.js";
import type { Message, MessageFailure } from "../contract/publisher.js";
import type { Lease } from "../contract/store.js";
import type { LeaderReport } from "../entry/leader-report.js";
import { failureOf } from "../publisher/dead-letter.js";
import { failedEntry } from "../report/delivery-health.js";
import { asError } from "../report/entry-log.js";
import type { GaveUp } from "../report/events.js";
import type { Decision } from "../timetable/due.js";
import { type DueEntry, dueAtOf, entryNameOf, type LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import type { Attempt } from "./attempt.js";
import type { DeadLetters } from "./dead-letters.js";
import { makeMessage } from "./message.js";
import { type Failure, isLasting } from "./retries.js";

export interface GiveUpsContext {
  readonly timetable: Pick<Timetable, "putBack">;
  readonly lease: Lease;
  readonly namespace: string;
  /** For entries that do not say; `null`: never. */
  readonly giveUpAfterMs: number | null;
  /** `null`: none takes what is given up. */
  readonly deadLetters: DeadLetters | null;
  /** A message of the entry is out, and only its cursor is to be saved: nothing is given up. */
  readonly hasUnsaved: (entry: LiveEntry) => boolean;
  /** A move that the store has not answered may have sent the occurrence. */
  readonly maySent: (entry: LiveEntry) => boolean;
  /** Cluster time, epoch ms. */
  readonly now: () => number;
}

/** The wait after the dead letter did not take a message. */
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 30_000;

/** One entry that could not be sent. */
interface Failing {
  /** Epoch ms; until a message of the entry gets through. */
  readonly since: number;
  /** Attempts of the present occurrence that failed, not counting those of which the store was the cause. */
  attempts: number;
  /** An attempt of it may have been successful all the same. */
  maybeSent: boolean;
  last: Pick<Failure, "error" | "cause" | "decision"> & { /** Where the cursor was. */ readonly from: number | null };
  /** An attempt has failed since the dead letter refused the occurrence, or it has not refused it. */
  mayAsk: boolean;
  refusals: number;
  /** Epoch ms. */
  askNotBefore: number;
  /** The step that settles the occurrence, and the message that is given up; `null`: it is not given up yet. */
  letter: Given | null;
}

interface Given {
  readonly decision: Decision;
  /** Where the cursor is, as long as the occurrence is due. */
  from: number | null;
  readonly gaveUp: GaveUp;
  isTaken: boolean;
}

/** Made once per term. */
export class GiveUps {
  readonly #context: GiveUpsContext;
  /** By the rule in memory: a new definition starts afresh. */
  readonly #failing = new WeakMap<LiveEntry["rule"], Failing>();
  /** Without a failure in this term nothing is looked up. */
  #hasAny = false;
  /** What the leader before reported last. */
  #before: Pick<LeaderReport, "failing" | "publisher"> | null = null;

  constructor(context: GiveUpsContext) {
    this.#context = context;
  }

  /** What failed for the leader before goes on failing, unless it gets through. `report`: as it was found at the take-over. */
  inherit(report: LeaderReport | null): void {
    this.#before = report && report.fence !== this.#context.lease.fence ? report : null;
  }

  /** Since when the entry could not be sent, epoch ms; `undefined`: it can, as far as is known. */
  sinceOf({ rule }: LiveEntry): number | undefined {
    return this.#hasAny ? this.#failing.get(rule)?.since : undefined;
  }

  /** Whether the dead letter has refused what is still to be given up. `rule`: of the entry. */
  isRefused(rule: object): boolean {
    return (this.#failing.get(rule as LiveEntry["rule"])?.refusals ?? 0) > 0;
  }

  /** Notes a failed attempt. `now`: cluster time, epoch ms. Answers when the entry is to be looked at again at the latest, epoch ms. */
  note({ entry, decision, error, cause }: Failure, now: number): number {
    // What the store does not do, no other queue does.
    if (cause === "store") return Infinity;
    this.#hasAny = true;
    const maySent = !(PublishError.isNotSent(error) || isLasting(error));
    const last = { error, cause, decision, from: entry.cursor?.at ?? null };
    const known = this.#failing.get(entry.rule);
    if (known) {
      known.attempts += 1;
      known.maybeSent ||= maySent;
      Object.assign(known, { last, mayAsk: true });
      return this.#overAt(entry, known);
    }
    const since = Math.min(Math.trunc(now), this.#sinceBefore(entry) ?? Infinity);
    const fresh = { attempts: 1, maybeSent: maySent, last, mayAsk: true, refusals: 0, askNotBefore: 0, letter: null };
    this.#failing.set(entry.rule, { since, ...fresh });
    return this.#overAt(entry, { since, ...fresh });
  }

  /** Notes that the cursor of an entry has moved. Answers what was given up by that; `null`: nothing. */
  settled({ entry, messages, decision, notTaken, cursor }: Attempt): GaveUp | null {
    const known = this.#hasAny ? this.#failing.get(entry.rule) : undefined;
    if (!known) return null;
    const { letter } = known;
    const hasAnswered = messages.length > 0 || (notTaken !== null && notTaken !== "gave-up");
    if (hasAnswered) this.#failing.delete(entry.rule);
    // A move that only counts a requested run settles nothing: a letter that is out stays.
    else if (notTaken === null && decision.skipped === 0) Object.assign(letter ?? {}, { from: cursor.at });
    else Object.assign(known, { attempts: 0, maybeSent: false, refusals: 0, askNotBefore: 0, letter: null });
    return decision.reason === "gave-up" ? (letter?.gaveUp ?? null) : null;
  }

  /** The queue has answered that an earlier run of the entry has not ended: the entry waits for that, and not for the queue. */
  waits({ rule }: LiveEntry): void {
    if (this.#hasAny) this.#failing.delete(rule);
  }

  /**
   * What is to be done with entries that are due: one that has failed for too long is settled without being sent, after the dead
   * letter has taken its message. Until it has, the entry is left out, and comes back by itself.
   */
  sort(due: readonly DueEntry[]): readonly DueEntry[] {
    if (!this.#hasAny) return due;
    return due.flatMap((each) => {
      const known = this.#failing.get(each.entry.rule);
      const isFailing = known !== undefined && known.attempts > 0 && each.decision.send.length > 0;
      return isFailing && !this.#context.hasUnsaved(each.entry) ? this.#look(each, known) : [each];
    });
  }

  #look({ entry, decision }: DueEntry, known: Failing): DueEntry[] {
    const now = this.#context.now();
    if (known.letter && known.letter.from !== (entry.cursor?.at ?? null)) known.letter = null;
    if (known.letter === null) {
      const isAttempted = known.last.from === (entry.cursor?.at ?? null) && known.last.decision.send.length > 0;
      if (!isAttempted || !known.mayAsk || now < this.#overAt(entry, known)) return [{ entry, decision }];
      known.letter = this.#write(entry, known);
    }
    if (known.letter.isTaken) return [{ entry, decision: known.letter.decision }];
    this.#context.timetable.putBack(entry, Infinity);
    return [];
  }

  /**
   * Gives the message that was attempted last to the dead letter. A newer occurrence that stands for it may have come due since
   * then: that one has not been attempted, and is due after this move.
   */
  #write(entry: LiveEntry, known: Failing): Given {
    const { deadLetters, lease, namespace, now } = this.#context;
    const { send, skipped, atLeast } = known.last.decision;
    const [instant] = send as readonly [number];
    const message = makeMessage(entry, instant, skipped, lease, namespace);
    const error = asError(known.last.error);
    const facts = {
      reason: known.last.cause === "entry" ? "entry" : "publisher",
      failedSince: this.#failedSince(entry, known),
      attempts: known.attempts,
      maybeSent: known.maybeSent || this.#context.maySent(entry),
    } as const;
    const failure = failureOf(facts, error);
    const given: Given = {
      decision: { send: [], to: instant, skipped: skipped + 1, atLeast, reason: "gave-up" },
      from: entry.cursor?.at ?? null,
      gaveUp: gaveUpOf(message, failure, deadLetters?.name ?? null),
      isTaken: deadLetters === null,
    };
    const onAnswer = (isTaken: boolean): void => {
      given.isTaken = isTaken;
      if (!isTaken && known.letter === given) this.#refused(known, now());
      // It may be under way to count a requested run, and is put back then.
      if (!entry.inFlight) this.#context.timetable.putBack(entry, isTaken ? -Infinity : known.askNotBefore);
    };
    // A worker of the dead letter looks into it however late it is. Nothing that the publisher keeps of the entry is shared.
    const { overlap: _, ...rest } = message;
    const letter = { ...rest, expiresAt: null, failure, templateKey: {} };
    deadLetters?.give({ message: letter, of: failedEntry(entry), onAnswer });
    return given;
  }

  /** The next attempt goes to the publisher again. */
  #refused(known: Failing, now: number): void {
    const waitMs = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** known.refusals);
    Object.assign(known, { letter: null, mayAsk: false, refusals: known.refusals + 1, askNotBefore: now + waitMs });
  }

  /** When the occurrence that is due is given up, epoch ms; `Infinity`: never. */
  #overAt(entry: LiveEntry, known: Failing): number {
    const afterMs = entry.rule.giveUpAfterMs ?? this.#context.giveUpAfterMs;
    if (afterMs === null) return Infinity;
    return Math.max(this.#failedSince(entry, known) + afterMs, known.askNotBefore);
  }

  /** An occurrence that was not due yet when the entry began to fail has failed since it was. */
  #failedSince(entry: LiveEntry, { since }: Failing): number {
    try {
      return Math.max(since, dueAtOf(entry) ?? since);
    } catch {
      return since; // The timetable reports a rule that throws.
    }
  }

  #sinceBefore(entry: LiveEntry): number | null {
    if (this.#before === null) return null;
    const { failing, publisher } = this.#before;
    const own = failing.find((each) => each.entry === entryNameOf(entry))?.since ?? Infinity;
    const since = Math.min(own, publisher.state === "failing" ? (publisher.since ?? Infinity) : Infinity);
    // It has got through since then.
    return since === Infinity || since < (entry.cursor?.sentAt ?? -Infinity) ? null : since;
  }
}

function gaveUpOf(
  { id, entry, task, scheduledAt }: Message,
  failure: MessageFailure,
  deadLetter: string | null,
): GaveUp {
  return { id, entry, task, scheduledAt, ...failure, deadLetter };
}
