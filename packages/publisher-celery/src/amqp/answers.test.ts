import { PublishError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { createAnswers } from "./answers.js";

describe("the answers to a batch", () => {
  it("come in the order of the messages, and the first counts", () => {
    const answers = createAnswers(3);
    const error = new Error("no");
    answers.answer(2, undefined);
    answers.answer(1, error);
    answers.answer(0, undefined);
    answers.answer(2, error);
    expect(answers.all()).toEqual([undefined, error, undefined]);
  });

  it("are the same error for all messages without an answer, except that those not written were not sent", () => {
    const answers = createAnswers(4);
    const lost = new PublishError("lost");
    for (const index of [0, 1, 2]) answers.noteWritten(index);
    answers.answer(1, undefined);
    const completed = answers.completeWith(lost);
    expect(completed.slice(0, 3)).toEqual([lost, undefined, lost]);
    expect(completed.map(PublishError.isNotSent)).toEqual([false, false, false, true]);
    expect(completed[3]?.message).toBe("lost");
  });

  it("are a rejection if no message has an answer and all have the same error", () => {
    const lost = new PublishError("lost");
    const answers = createAnswers(1);
    const rejection = (): unknown => {
      try {
        return answers.completeWith(lost);
      } catch (error) {
        return error;
      }
    };
    expect(rejection()).toMatchObject({ message: "lost", notSent: true });
    answers.noteWritten(0);
    expect(rejection()).toBe(lost);
  });
});
