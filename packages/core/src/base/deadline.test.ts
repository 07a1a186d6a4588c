import { describe, expect, it } from "vitest";

import { FakeClock } from "@beatx/core/testing";
import { systemClock } from "./clock.js";
import { callInTime, untilAborted, withDeadline } from "./deadline.js";
import { StoreError } from "./errors.js";

describe("withDeadline", () => {
  it("rejects in time and ignores the work's late failure", async () => {
    const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error("late")), 30));
    await expect(withDeadline(systemClock, late, 1, () => new StoreError("too slow"))).rejects.toThrow("too slow");
    await expect(withDeadline(systemClock, Promise.resolve(7), 1_000, () => new Error("no"))).resolves.toBe(7);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

describe("a call in time", () => {
  const never = new Promise<never>(() => undefined);

  /** The error of work that has not ended after 5000 ms. */
  async function errorOf(work: (signal: AbortSignal) => Promise<never>): Promise<Error> {
    const clock = new FakeClock();
    const failure = callInTime(clock, 5_000, work, () => new StoreError("too slow")).catch((error: unknown) => error);
    await clock.advance(5_100);
    return failure as Promise<Error>;
  }

  it("ends with the words of the work that it calls off", async () => {
    const { message } = await errorOf((signal) => untilAborted(never, signal, () => new Error("b:1 is silent")));
    expect(message).toBe("b:1 is silent");
  });

  it("ends at once, calls the work off and leaves no timer when that on whose behalf it is made has ended", async () => {
    const clock = new FakeClock();
    const ended = new AbortController();
    let signal: AbortSignal | undefined;
    const work = (its: AbortSignal): Promise<never> => ((signal = its), never);
    const call = callInTime(clock, 5_000, work, () => new StoreError("too slow"), ended.signal);
    ended.abort(new StoreError("the term is over"));
    await expect(call).rejects.toThrow("the term is over");
    expect(signal!.reason).toMatchObject({ message: "the term is over" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("ends with words of its own if the work says nothing", async () => {
    expect((await errorOf(() => never)).message).toBe("too slow");
  });
});
