/** What is known of each message of a batch. */
export interface Answers {
  /** Sent, or kept back by an error. The first answer counts. */
  settle(index: number, error: Error | undefined): void;
  /** The answers, when there is one for each. */
  all(): readonly (Error | undefined)[];
  /** The answers, with `error` for all that nothing is known of; throws it when that is all of them. */
  completeWith(error: Error): readonly (Error | undefined)[];
}

export function createAnswers(count: number): Answers {
  const answers = new Map<number, Error | undefined>();
  const list = (missing?: Error): readonly (Error | undefined)[] =>
    Array.from({ length: count }, (_, index) => (answers.has(index) ? answers.get(index) : missing));
  return {
    settle(index, error) {
      if (!answers.has(index)) answers.set(index, error);
    },
    all: () => list(),
    completeWith(error) {
      if (answers.size === 0) throw error;
      return list(error);
    },
  };
}
