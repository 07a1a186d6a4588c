import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { BeatxError, PublishError, systemClock, type Message, type Publisher } from "@beatx/core";
import { patienceOf } from "./in-time.js";
import type { CaseContext, PublisherUnderTest, ReceivedMessage } from "./publisher-case.js";

const POLL_MS = 20;

export type Answers = readonly (Error | undefined)[];

/** Publishes once and asserts the form of the answers. Rejects as the publisher does. */
export async function publish(
  publisher: Publisher,
  messages: readonly Message[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Answers> {
  // Each message may listen, as in a batch of core.
  setMaxListeners(0, signal);
  const answers: Answers = await publisher.publish(messages, { signal });
  assert.ok(isList(answers), `publish returned ${String(answers)}, which is no list`);
  assert.equal(answers.length, messages.length, "each message must have one answer");
  for (const answer of answers) {
    assert.ok(answer === undefined || answer instanceof Error, `${String(answer)} is neither undefined nor an Error`);
  }
  return answers;
}

function isList(answers: unknown): boolean {
  return Array.isArray(answers);
}

/** Publishes once. If the call rejects, its error counts for each message: nothing is known to be sent. */
export async function attempt(
  publisher: Publisher,
  messages: readonly Message[],
  signal?: AbortSignal,
): Promise<Answers> {
  try {
    return await publish(publisher, messages, signal);
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(error instanceof Error, `publish rejected with ${String(error)}, which is no Error`);
    return messages.map(() => error);
  }
}

/** Publishes messages that must all be sent. */
export async function send(publisher: Publisher, ...messages: Message[]): Promise<void> {
  const answers = await publish(publisher, messages);
  const failed = answers.find((answer) => answer !== undefined);
  assert.equal(failed, undefined, `a message was not sent: ${String(failed)}`);
}

/** Sends again what could not be sent, until everything is sent, as core does after an outage. */
export async function sendUntilTaken(
  subject: PublisherUnderTest,
  publisher: Publisher,
  messages: readonly Message[],
): Promise<void> {
  let left = messages;
  await eventually(subject, "the broker takes messages again", async () => {
    const answers = await attempt(publisher, left);
    left = left.filter((_message, index) => answers[index] !== undefined);
    return left.length === 0;
  });
}

/** Waits until each message has arrived; returns the copies of each, at least one. */
export async function whenReceived(
  subject: PublisherUnderTest,
  messages: readonly Message[],
): Promise<(readonly ReceivedMessage[])[]> {
  let copies: ReceivedMessage[][] = [];
  await eventually(subject, "the sent messages arrive", async () => {
    const received = await receivedById(subject);
    copies = messages.map(({ id }) => received.get(id) ?? []);
    return copies.every((some) => some.length > 0);
  }).catch((cause: unknown) => {
    const missing = messages.filter((_message, index) => (copies[index] ?? []).length === 0);
    const names = missing.slice(0, 3).map(({ entry }) => JSON.stringify(entry));
    assert.fail(
      `${missing.length} of ${messages.length} messages did not arrive, as ${names.join(", ")}: ${String(cause)}`,
    );
  });
  return copies;
}

/** Asserts that exactly one copy of each message arrived. */
export async function assertOnce(
  subject: PublisherUnderTest,
  messages: readonly Message[],
): Promise<ReceivedMessage[]> {
  const copies = await whenReceived(subject, messages);
  return copies.map((some, index) => {
    assert.equal(some.length, 1, `${some.length} copies of ${JSON.stringify(messages[index]!.entry)} arrived`);
    return some[0]!;
  });
}

/** Asserts that none of these messages has arrived once a later one has. */
export async function assertNotReceived(context: CaseContext, messages: readonly Message[]): Promise<void> {
  await sendSentinel({ ...context, publisher: await context.open() });
  const received = await receivedById(context.subject);
  const arrived = messages.filter(({ id }) => received.has(id));
  assert.equal(arrived.length, 0, `${arrived.length} of ${messages.length} messages arrived that must not be sent`);
}

/** Sends a message and waits until it arrives. Everything that the same client sent before has arrived then, too. */
export async function sendSentinel({ publisher, makeMessage, subject }: CaseContext): Promise<void> {
  const sentinel = makeMessage();
  await send(publisher, sentinel);
  await whenReceived(subject, [sentinel]);
}

export async function receivedById(subject: PublisherUnderTest): Promise<Map<string, ReceivedMessage[]>> {
  const byId = new Map<string, ReceivedMessage[]>();
  for (const message of await subject.received()) {
    const copies = byId.get(message.id);
    if (copies) copies.push(message);
    else byId.set(message.id, [message]);
  }
  return byId;
}

/** Asserts that the message arrived as it was sent. */
export function assertSame(received: ReceivedMessage, sent: Message): void {
  const { id, entry, task, args, kwargs, scheduledAt, fence } = sent;
  assert.deepEqual(
    { ...received },
    { id, entry, task, args, kwargs, scheduledAt, fence },
    `the message of ${JSON.stringify(entry)} arrived changed`,
  );
}

/** Asserts that the answer is the error of a message that can never be sent. */
export function assertRefused(answer: Error | undefined, what: string): void {
  assert.ok(answer instanceof Error, `${what} was reported as sent`);
  assert.notEqual(answer.message, "", `${what}: the error has no message`);
}

/** Asserts that the answer says that its message is not in the queue, and never will be. */
export function assertNotSent(answer: Error | undefined, what: string): void {
  const hint = "answer with `new PublishError(text, { notSent: true })`";
  assert.ok(PublishError.isNotSent(answer), `${what}: ${String(answer)} does not say that nothing was sent: ${hint}`);
}

/** Asserts that the call rejects with an error, with this code if one is given. */
export async function assertRejects(call: Promise<unknown>, what: string, code?: "CLOSED" | "PUBLISH"): Promise<void> {
  const outcome = await call.then(
    () => assert.fail(`${what}: expected a rejection, but the call resolved`),
    (error: unknown) => error,
  );
  if (outcome instanceof assert.AssertionError) throw outcome;
  assert.ok(outcome instanceof Error, `${what}: rejected with ${String(outcome)}, which is no Error`);
  if (code) assert.ok(BeatxError.hasCode(outcome, code), `${what}: rejected with ${String(outcome)}, not with ${code}`);
}

/** Repeats `check` until it returns `true`. */
async function eventually(subject: PublisherUnderTest, what: string, check: () => Promise<boolean>): Promise<void> {
  const patienceMs = patienceOf(subject);
  const givenUpAtMs = systemClock.monotonicMs() + patienceMs;
  while (!(await check())) {
    assert.ok(systemClock.monotonicMs() < givenUpAtMs, `waited ${patienceMs} ms in vain until ${what}`);
    await pause(POLL_MS);
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimer(resolve, delayMs));
}
