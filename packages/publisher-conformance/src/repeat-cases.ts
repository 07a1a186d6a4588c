import assert from "node:assert/strict";
import { BeatxError, type Message } from "@beatx/core";
import { casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import { assertNotReceived, assertOnce, publish, send, sendSentinel, whenReceived } from "./sending.js";

const MINUTE_MS = 60_000;

/** Asserts the guarantee of `delivery` for messages that were sent more than once. */
async function assertRecognisable(context: CaseContext, messages: readonly Message[]): Promise<void> {
  const { publisher, subject } = context;
  await whenReceived(subject, messages);
  await sendSentinel(context);
  if (publisher.delivery === "exactly-once") await assertOnce(subject, messages);
  const idOf = new Map(messages.map(({ entry, id }) => [entry, id]));
  for (const { entry, id } of await subject.received()) {
    if (idOf.has(entry)) assert.equal(id, idOf.get(entry), `a copy of ${JSON.stringify(entry)} has another id`);
  }
}

/** Messages may be sent again: after a timeout, a crash or a change of leader. */
export const repeatCases: readonly PublisherCase[] = casesOf("repeats", [
  {
    name: "a message that is sent again arrives once, or as copies with one id, as `delivery` says",
    async run(context) {
      const { publisher, makeMessage } = context;
      const messages = [makeMessage(), makeMessage(), makeMessage()];
      for (let time = 1; time <= 3; time += 1) await send(publisher, ...messages);
      await assertRecognisable(context, messages);
    },
  },
  {
    name: "a message that several clients send at once arrives once, or as copies with one id",
    async run(context) {
      const { publisher, open, makeMessage } = context;
      const clients = [publisher, await open(), await open(), await open()];
      const messages = Array.from({ length: 20 }, () => makeMessage());
      await Promise.all(clients.map((client) => send(client, ...messages)));
      await assertRecognisable(context, messages);
    },
  },
  {
    name: "an occurrence that a later one of its entry has passed is reported as passed, and does not arrive",
    needs: ({ delivery }) => delivery === "exactly-once",
    async run(context) {
      const { publisher, makeMessage, subject } = context;
      const newer = makeMessage();
      const { entry, scheduledAt } = newer;
      const older = makeMessage({ entry, scheduledAt: scheduledAt - MINUTE_MS });
      const other = makeMessage();
      await send(publisher, newer);
      const answers = await publish(publisher, [older, other, newer]);
      const hint = "answer with `new PassedError()`";
      assert.ok(BeatxError.hasCode(answers[0], "PASSED"), `the older one: ${String(answers[0])}: ${hint}`);
      assert.deepEqual(answers.slice(1), [undefined, undefined]);
      await assertOnce(subject, [newer, other]);
      await assertNotReceived(context, [older]);
    },
  },
  {
    name: "a requested run that is sent again arrives once, or as copies with one id",
    async run(context) {
      const { publisher, makeMessage } = context;
      const message = makeMessage({ requested: true });
      for (let time = 1; time <= 2; time += 1) await send(publisher, message);
      await assertRecognisable(context, [message]);
    },
  },
]);
