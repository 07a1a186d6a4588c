/** The answers to the messages of a batch, as they come in. */
export interface Answers {
  /** Sent, or failed with an error. The first answer counts. */
  answer(index: number, error: Error | undefined): void;
  /** The answers, once there is one for each message. */
  all(): readonly (Error | undefined)[];
  /** The answers, with `error` for each message that has none. Throws it when none has one. */
  completeWith(error: Error): readonly (Error | undefined)[];
}

export function createAnswers(count: number): Answers {
  const answers = new Map<number, Error | undefined>();
  const list = (missing?: Error): readonly (Error | undefined)[] =>
    Array.from({ length: count }, (_, index) => (answers.has(index) ? answers.get(index) : missing));
  return {
    answer(index, error) {
      if (!answers.has(index)) answers.set(index, error);
    },
    all: () => list(),
    completeWith(error) {
      if (answers.size === 0) throw error;
      return list(error);
    },
  };
}
