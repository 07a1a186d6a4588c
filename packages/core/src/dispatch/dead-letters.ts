import type { Clock } from "../base/clock.js";
import { asError } from "../report/entry-log.js";
import type { Message, Publisher } from "../contract/publisher.js";
import type { DeliveryHealth, FailedEntry } from "../report/delivery-health.js";
import type { Reporter } from "../report/reporter.js";
import { notTakenBy } from "./attempt.js";
import { publishBatch } from "./publish-batch.js";

export interface DeadLettersContext {
  /** Where messages go that are given up. */
  readonly deadLetter: Publisher;
  readonly clock: Clock;
  readonly publishTimeoutMs: number;
  /** Of the dead letter. */
  readonly health: DeliveryHealth;
  readonly reporter: Pick<Reporter, "failed" | "works">;
  /** Cluster time, epoch ms. */
  readonly now: () => number;
  /** Aborted when the term ends. */
  readonly ended: AbortSignal;
}

/** A message that is given up, and what to do when the dead letter has answered. */
export interface Letter {
  readonly message: Message;
  readonly of: FailedEntry;
  readonly onAnswer: (isTaken: boolean) => void;
}

/** Letters of one batch. */
const BATCH = 500;

/** Gives messages to the dead letter beside the loop, one batch at a time: so none that can be sent waits for it (R54). */
export class DeadLetters {
  readonly #context: DeadLettersContext;
  readonly #waiting: Letter[] = [];
  #isWorking = false;

  constructor(context: DeadLettersContext) {
    this.#context = context;
  }

  get name(): string {
    return this.#context.deadLetter.name;
  }

  /** `onAnswer` is not called if the term ends before. */
  give(letter: Letter): void {
    this.#waiting.push(letter);
    if (!this.#isWorking) void this.#work();
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    const { deadLetter, clock, publishTimeoutMs, ended } = this.#context;
    this.#isWorking = true;
    while (this.#waiting.length > 0 && !ended.aborted) {
      const batch = this.#waiting.splice(0, BATCH);
      const messages = batch.map(({ message }) => message);
      const answers = await publishBatch(deadLetter, messages, ended, clock, publishTimeoutMs);
      if (!ended.aborted) batch.forEach((letter, index) => this.#answered(letter, answers[index]));
    }
    this.#isWorking = false;
  }

  #answered({ of, onAnswer }: Letter, error: Error | undefined): void {
    const { health, reporter, now } = this.#context;
    // A queue that compares has had the message before.
    const isTaken = !error || notTakenBy(error) === "passed";
    if (isTaken) {
      health.settled(of.name, true, now());
      reporter.works("dead letter");
    } else {
      health.sendFailed(of, asError(error), now());
      reporter.failed("dead letter", error);
    }
    onAnswer(isTaken);
  }
}
