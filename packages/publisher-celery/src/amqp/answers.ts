import { BeatxError, PublishError } from "@beatx/core/adapter";

/** The answers to the messages of a batch, as they come in. */
export interface Answers {
  /** Sent, or failed with an error. The first answer counts. */
  answer(index: number, error: Error | undefined): void;
  /** The message may be on its way to the broker from now on. */
  noteWritten(index: number): void;
  /** How many messages have no answer yet. */
  missing(): number;
  /** The answers, once there is one for each message. */
  all(): readonly (Error | undefined)[];
  /**
   * The answers, with `error` for each message that has none; one that was not written was certainly not sent. Throws the
   * error when no message has an answer and it is the same for all.
   */
  completeWith(error: Error): readonly (Error | undefined)[];
}

export function createAnswers(count: number): Answers {
  const answers = new Map<number, Error | undefined>();
  const written = new Set<number>();
  const list = (missing?: Error, unsent?: Error): readonly (Error | undefined)[] =>
    Array.from({ length: count }, (_, index) => {
      if (answers.has(index)) return answers.get(index);
      return written.has(index) ? missing : unsent;
    });
  return {
    answer(index, error) {
      if (!answers.has(index)) answers.set(index, error);
    },
    noteWritten: (index) => void written.add(index),
    missing: () => count - answers.size,
    all: () => list(),
    completeWith(error) {
      const unsent = BeatxError.hasCode(error, "PUBLISH") ? PublishError.asNotSent(error) : error;
      if (answers.size === 0 && written.size === 0) throw unsent;
      if (answers.size === 0 && written.size === count) throw error;
      return list(error, unsent);
    },
  };
}
