import { expect, it } from "vitest";

import { OverlapError, PublishError } from "../../src/base/errors.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import type { DeadLetterContext, DeadLetterFunction } from "../../src/publisher/dead-letter.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { range, START, world } from "../world.js";

const MINUTE = 60_000;
const HOUR = 3_600_000;

const notSent = (): PublishError => new PublishError("the queue is full", { notSent: true });

/** `answer`: why a message is not taken. */
function answering(answer: (message: Message) => Error | undefined): Publisher {
  return { ...recordingPublisher(), publish: (batch) => Promise.resolve(batch.map(answer)) };
}

it("a letter that is out stays the only one while a requested run of its entry is counted (R54, R28)", async () => {
  const { clock, client, lead } = world();
  const publisher = answering(({ requested, entry }) => (entry === "job" && !requested ? notSent() : undefined));
  const taken: Message[] = [];
  const deadLetter: DeadLetterFunction = async (message) => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, 3_000));
    taken.push(message);
  };
  const schedule = { job: { task: "t", schedule: "1h", giveUpAfterMs: 10_000 }, other: { task: "t", schedule: "1s" } };
  await lead({ publisher, deadLetter, schedule });
  await clock.advanceTo(START + HOUR + 11_000);
  await client.runNow("job");
  await clock.advance(30_000);
  expect(taken).toHaveLength(1);
  expect(await client.get("job")).toMatchObject({ givenUp: 1, requestedRuns: 1, skipped: 1 });
});

it("a letter says that the message may be in the queue if the store has not answered the step that sends (R21)", async () => {
  const { clock, client, lead, outbox, store } = world();
  const contexts: DeadLetterContext[] = [];
  const deadLetter: DeadLetterFunction = (_message, context) => Promise.resolve(contexts.push(context));
  let isFull = true;
  const writesFor: typeof outbox.outbox.writesFor = (message) => {
    if (isFull) throw notSent();
    return outbox.outbox.writesFor(message);
  };
  const publisher: Publisher = { ...outbox, outbox: { ...outbox.outbox, writesFor } };
  await lead({ publisher, deadLetter, giveUpAfterMs: 3_000, schedule: { job: { task: "t", schedule: "1h" } } });
  await clock.advanceTo(START + HOUR + 1_000);
  isFull = false;
  for (const _ of range(1, 20)) store.failNext("advance", { after: true });
  await clock.advance(20_000);
  expect(outbox.messages()).toHaveLength(1);
  expect(contexts).toMatchObject([{ maybeSent: true }]);
  expect(await client.get("job")).toMatchObject({ runs: 1, givenUp: 0 });
});

it("a backfill that waits for an earlier run is not given up because of an outage before (R50, R52)", async () => {
  const { clock, client, lead, outbox } = world();
  const { outbox: _, ...plain } = outbox;
  let isOut = false;
  const publish: Publisher["publish"] = (batch, context) => {
    return isOut ? Promise.resolve(batch.map(notSent)) : plain.publish(batch, context);
  };
  const taken: Message[] = [];
  const deadLetter: DeadLetterFunction = (message) => Promise.resolve(taken.push(message));
  await lead({ publisher: { ...plain, publish }, deadLetter, giveUpAfterMs: 20_000 });
  await client.put("job", { task: "t", schedule: "1h", overlap: { policy: "skip", ttlMs: 10 * MINUTE } });
  await client.runNow("job");
  await clock.advance(2_000);
  isOut = true;
  await client.backfill("job", { from: START - HOUR, to: START });
  await clock.advance(3_000);
  isOut = false;
  await clock.advance(2 * MINUTE);
  expect(taken).toEqual([]);
  expect(outbox.messages()).toHaveLength(1);
  outbox.endRun(outbox.messages()[0]!.id);
  await clock.advance(5_000);
  expect(outbox.messages()[1]).toMatchObject({ requested: true, overlap: { policy: "skip", waits: true } });
});

it("requested runs that a claim has counted stay counted if an earlier run holds its message up (R25, R28)", async () => {
  const { clock, client, lead } = world();
  let isHeldUp = false;
  const publisher = answering(({ requested }) => {
    if (requested) return undefined;
    return isHeldUp ? new OverlapError() : notSent();
  });
  const job = { task: "t", schedule: "10s", overlap: { policy: "skip", ttlMs: MINUTE } } as const;
  await lead({ publisher: { ...publisher, skipsOverlap: true }, delivery: "at-most-once", schedule: { job } });
  await clock.advance(11_000);
  await client.runNow("job");
  await clock.advance(2_000);
  isHeldUp = true;
  await clock.advance(MINUTE);
  expect(await client.get("job")).toMatchObject({ requestedRuns: 1, runs: 0, skipped: 7 });
});

it("a backfill also gets its turn if its entry runs every second (R50, R52)", async () => {
  const { clock, client, lead, outbox } = world();
  let draws = 0;
  // Any fixed number would keep the backfill in step with the entry.
  const random = (): number => (draws++ % 10) / 10;
  await lead({ random });
  const job = { task: "t", schedule: "1s", overlap: { policy: "skip", ttlMs: MINUTE } } as const;
  await client.put("job", job);
  const endRuns = (): void => {
    for (const { id } of outbox.messages()) outbox.endRun(id);
  };
  await clock.advance(3_500);
  await client.backfill("job", { from: START - 3_000, to: START });
  await clock.advanceTo(START + 4_010);
  // Each run ends a moment before the next one is due.
  for (let round = 0; round < 100; round += 1) {
    await clock.advance(800);
    endRuns();
    await clock.advance(200);
  }
  expect(await client.backfills()).toEqual([]);
});

it("a dead letter that failed is no problem any more once nothing waits for it (R54, R44)", async () => {
  const { clock, client, lead } = world();
  let isOut = true;
  const publisher = answering(() => (isOut ? notSent() : undefined));
  const deadLetter: DeadLetterFunction = () => Promise.reject(new Error("down, too"));
  await lead({ publisher, deadLetter, giveUpAfterMs: 5_000, schedule: { job: { task: "t", schedule: "10s" } } });
  await clock.advance(30_000);
  const kinds = async (): Promise<string[]> => (await client.status()).problems.map(({ kind }) => kind);
  expect(await kinds()).toEqual(["publisher", "dead-letter"]);
  isOut = false;
  await clock.advance(40_000);
  expect(await kinds()).toEqual([]);
});

it("is given up also if the broker is away since before the term, when the way to send is not known yet (R20)", async () => {
  const { clock, client, lead, outbox } = world();
  let isOut = true;
  const leaveMark: typeof outbox.outbox.leaveMark = (context) =>
    isOut ? Promise.reject(new PublishError("away", { notSent: true })) : outbox.outbox.leaveMark(context);
  const publisher: Publisher = { ...outbox, outbox: { ...outbox.outbox, leaveMark } };
  const taken: Message[] = [];
  const deadLetter: DeadLetterFunction = (message) => Promise.resolve(taken.push(message));
  const job = { task: "t", schedule: "10s", missed: "all" } as const;
  await lead({ publisher, deadLetter, giveUpAfterMs: 25_000, schedule: { job } });
  await clock.advanceTo(START + 50_000);
  expect(taken.map(({ scheduledAt }) => scheduledAt - START)).toEqual([10_000, 20_000]);
  expect(await client.get("job")).toMatchObject({ runs: 0, givenUp: 2, skipped: 2 });
  isOut = false;
  await clock.advanceTo(START + 62_000);
  const sent = outbox.messages().map(({ scheduledAt }) => scheduledAt - START);
  expect(sent).toEqual([30_000, 40_000, 50_000, 60_000]);
});
