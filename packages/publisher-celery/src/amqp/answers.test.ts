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

  it("are the same error for all messages without an answer", () => {
    const answers = createAnswers(3);
    const lost = new Error("lost");
    answers.answer(1, undefined);
    expect(answers.completeWith(lost)).toEqual([lost, undefined, lost]);
  });

  it("are a rejection if no message has an answer", () => {
    const lost = new Error("lost");
    expect(() => createAnswers(2).completeWith(lost)).toThrow(lost);
  });
});
