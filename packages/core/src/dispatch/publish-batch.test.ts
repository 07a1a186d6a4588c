import { describe, expect, it } from "vitest";
import { untilAborted } from "../base/deadline.js";
import { PublishError } from "../base/errors.js";
import type { Message, Publisher } from "../contract/publisher.js";
import { PUBLISHER_CONTRACT } from "../contract/publisher.js";
import { functionPublisher } from "../publisher/function-publisher.js";
import { FakeClock } from "../testing/fake-clock.js";
import { publishBatch } from "./publish-batch.js";

const TIMEOUT_MS = 5000;
const never = new Promise<never>(() => undefined);

function publisherThat(publish: Publisher["publish"]): Publisher {
  const close = (): Promise<void> => Promise.resolve();
  return { contract: PUBLISHER_CONTRACT, name: "mine", delivery: "at-least-once", publish, close };
}

/** The error of one message whose publisher does not answer until the deadline. */
async function errorAfterDeadline(publisher: Publisher): Promise<Error | undefined> {
  const clock = new FakeClock();
  const term = new AbortController().signal;
  const answers = publishBatch(publisher, [{} as Message], term, clock, TIMEOUT_MS);
  await clock.advance(TIMEOUT_MS + 100);
  return (await answers)[0];
}

describe("a broker that does not answer", () => {
  it("is named by the publisher's own words", async () => {
    const words = (): Error => new PublishError("the broker at b:1 did not answer since noon");
    const publisher = publisherThat((_messages, { signal }) => untilAborted(never, signal, words));
    expect((await errorAfterDeadline(publisher))?.message).toBe("the broker at b:1 did not answer since noon");
  });

  it("is known by the publisher's name and the deadline if the publisher says nothing", async () => {
    const error = await errorAfterDeadline(publisherThat(() => never));
    expect(error?.message).toMatch(/^mine did not confirm within 5000 ms: check that its server/);
    expect(PublishError.isNotSent(error)).toBe(false);
  });

  it("is known by the deadline if a function publishes", async () => {
    const error = await errorAfterDeadline(functionPublisher(() => never));
    expect(error?.message).toMatch(/called off before it was confirmed: .* did not confirm within 5000 ms/);
  });
});
