import { describe, expect, it } from "vitest";
import type { Store } from "../contract/store.js";
import { FakeClock } from "../testing/fake-clock.js";
import { StoreWithDeadlines } from "./store-with-deadlines.js";

async function errorOfSilence(store: Partial<Store>): Promise<Error> {
  const clock = new FakeClock();
  const silent = { name: "mine", readLock: () => new Promise<never>(() => undefined), ...store } as Store;
  const failure = new StoreWithDeadlines(silent, clock, 2000).readLock().then(
    () => new Error("it answered"),
    (error: unknown) => error as Error,
  );
  await clock.advance(2000);
  return failure;
}

describe("a store that does not answer", () => {
  it("is named with its server, what was asked, and how long", async () => {
    const { message } = await errorOfSilence({ server: "redis://h:6379/0" });
    expect(message).toBe("the mine store at redis://h:6379/0 did not answer readLock within 2000 ms");
  });

  it("is named alone if it does not tell its server", async () => {
    expect((await errorOfSilence({})).message).toBe("the mine store did not answer readLock within 2000 ms");
  });
});
