import assert from "node:assert/strict";
import { casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import {
  assertNotReceived,
  assertOnce,
  attempt,
  pause,
  receivedById,
  send,
  sendSentinel,
  whenReceived,
} from "./sending.js";

/** More than one batch of most brokers holds. */
const MANY = 700;

/** The time in which a publisher that goes on after an abort would send more. */
const LATER_MS = 100;

async function findArrived(context: CaseContext, ids: readonly string[]): Promise<string[]> {
  const received = await receivedById(context.subject);
  return ids.filter((id) => received.has(id));
}

/** Batches end when their signal is aborted. */
export const signalCases: readonly PublisherCase[] = casesOf("signal", [
  {
    name: "nothing is sent when the signal is already aborted",
    async run(context) {
      const { publisher, makeMessage } = context;
      await send(publisher, makeMessage());
      const messages = [makeMessage(), makeMessage()];
      const answers = await attempt(publisher, messages, AbortSignal.abort());
      assert.ok(
        answers.every((answer) => answer !== undefined),
        "a message was reported as sent although its signal was already aborted",
      );
      await assertNotReceived(context, messages);
    },
  },
  {
    name: "a batch that is aborted halfway ends, and nothing of it is sent later",
    async run(context) {
      const { publisher, subject, makeMessage } = context;
      await send(publisher, makeMessage());
      const messages = Array.from({ length: MANY }, () => makeMessage());
      const controller = new AbortController();
      const publishing = attempt(publisher, messages, controller.signal);
      controller.abort();
      const answers = await publishing;
      await whenReceived(
        subject,
        messages.filter((_message, index) => answers[index] === undefined),
      );
      const ids = messages.map(({ id }) => id);
      await sendSentinel(context);
      const arrived = await findArrived(context, ids);
      await pause(LATER_MS);
      await sendSentinel(context);
      assert.deepEqual(
        await findArrived(context, ids),
        arrived,
        "messages were sent after their batch had been aborted",
      );
    },
  },
  {
    name: "aborting one batch does not stop another",
    async run({ publisher, subject, makeMessage }) {
      await send(publisher, makeMessage());
      const messages = Array.from({ length: 50 }, () => makeMessage());
      const controller = new AbortController();
      const sending = send(publisher, ...messages);
      const aborted = attempt(publisher, [makeMessage()], controller.signal);
      controller.abort();
      await Promise.all([sending, aborted]);
      await assertOnce(subject, messages);
    },
  },
  {
    name: "a signal that is aborted after the answer has no effect, and the next batch is sent",
    async run({ publisher, subject, makeMessage }) {
      const messages = [makeMessage(), makeMessage()];
      const controller = new AbortController();
      assert.deepEqual(await attempt(publisher, [messages[0]!], controller.signal), [undefined]);
      controller.abort();
      await send(publisher, messages[1]!);
      await assertOnce(subject, messages);
    },
  },
]);
