import { FakeClock } from "@beatx/core/testing";
import { describe, expect, it } from "vitest";
import { createSilence } from "./silence.js";

describe("a silent server", () => {
  it("is waited for until a deadline, or until the wait is called off", async () => {
    const clock = new FakeClock();
    const words = createSilence(clock).begin();
    await clock.advance(4000);
    expect(words()).toBe("within 4000 ms, and the wait was called off");
    expect(words(5000)).toMatch(/^within 5000 ms(?!,)/);
  });

  it("is said to be silent since the first thing that it did not answer, until it answers", async () => {
    const clock = new FakeClock();
    const silence = createSilence(clock);
    const first = silence.begin();
    const since = new Date(clock.now()).toISOString();
    await clock.advance(5000);
    first();
    const second = silence.begin();
    await clock.advance(300);
    expect(second(300)).toBe(`within 300 ms; silent since ${since}`);
    silence.end();
    expect(silence.begin()()).not.toContain("silent");
  });
});
