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
  const answers = new Array<Error | undefined>(count).fill(undefined);
  const [isAnswered, isWritten] = [new Array<boolean>(count).fill(false), new Array<boolean>(count).fill(false)];
  let [answered, written] = [0, 0];
  const complete = (missing: Error, unsent: Error): readonly (Error | undefined)[] =>
    answers.map((error, index) => {
      if (isAnswered[index]) return error;
      return isWritten[index] ? missing : unsent;
    });
  return {
    answer(index, error) {
      if (isAnswered[index]) return;
      isAnswered[index] = true;
      answers[index] = error;
      answered += 1;
    },
    noteWritten(index) {
      if (!isWritten[index]) written += 1;
      isWritten[index] = true;
    },
    missing: () => count - answered,
    all: () => answers,
    completeWith(error) {
      const unsent = BeatxError.hasCode(error, "PUBLISH") ? PublishError.asNotSent(error) : error;
      if (answered === 0 && written === 0) throw unsent;
      if (answered === 0 && written === count) throw error;
      return complete(error, unsent);
    },
  };
}
