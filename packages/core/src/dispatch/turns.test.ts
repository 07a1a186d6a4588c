import { expect, it } from "vitest";

import { Turns } from "./turns.js";

it("pieces of work run one after the other, in their order, although one fails", async () => {
  const turns = new Turns();
  const done: number[] = [];
  const work = (number: number) => async (): Promise<number> => {
    done.push(number);
    await new Promise((resolve) => setImmediate(resolve));
    done.push(number);
    if (number === 2) throw new Error("second");
    return number;
  };
  const answers = await Promise.allSettled([1, 2, 3].map((number) => turns.take(work(number))));
  expect(done).toEqual([1, 1, 2, 2, 3, 3]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
