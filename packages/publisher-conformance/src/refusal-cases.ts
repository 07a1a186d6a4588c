import assert from "node:assert/strict";
import type { Message } from "@beatx/core";
import { canRefuse, casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import { assertNotReceived, assertNotSent, assertOnce, assertRefused, publish, send } from "./sending.js";

const MINUTE_MS = 60_000;

function makeBad({ makeMessage, subject }: CaseContext, changes: Partial<Message> = {}): Message {
  return makeMessage({ ...changes, options: subject.unsendable! });
}

/** Messages that can never be sent are refused one by one. */
export const refusalCases: readonly PublisherCase[] = casesOf(
  "refusals",
  [
    {
      name: "a message that can never be sent does not hold back the others",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        const [good, bad, better] = [makeMessage(), makeBad(context), makeMessage()];
        const answers = await publish(publisher, [good, bad, better]);
        assertRefused(answers[1], "a message that can never be sent");
        assert.deepEqual([answers[0], answers[2]], [undefined, undefined]);
        await assertOnce(subject, [good, better]);
        await assertNotReceived(context, [bad]);
      },
    },
    {
      name: "the answers are in the order of the messages",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        const isBad = Array.from({ length: 60 }, (_, index) => index === 0 || index % 7 === 3 || index === 59);
        const messages = isBad.map((bad) => (bad ? makeBad(context) : makeMessage()));
        const answers = await publish(publisher, messages);
        assert.deepEqual(
          answers.map((answer) => answer !== undefined),
          isBad,
        );
        await assertOnce(
          subject,
          messages.filter((_message, index) => !isBad[index]),
        );
      },
    },
    {
      name: "a batch of messages that can never be sent returns an error for each",
      async run(context) {
        const answers = await publish(context.publisher, [makeBad(context), makeBad(context)]);
        for (const answer of answers) assertRefused(answer, "a message that can never be sent");
      },
    },
    {
      name: "a message that can never be sent is reported as certainly not sent",
      async run(context) {
        const { publisher, makeMessage } = context;
        const answers = await publish(publisher, [makeMessage(), makeBad(context)]);
        assertNotSent(answers[1], "a message that can never be sent");
      },
    },
    {
      name: "a refused message is refused again, and the entry's next revision is sent",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        const bad = makeBad(context);
        for (let time = 1; time <= 2; time += 1) {
          const [answer] = await publish(publisher, [bad]);
          assertRefused(answer, `a message that can never be sent (attempt ${time})`);
        }
        const mended = makeMessage({ entry: bad.entry, scheduledAt: bad.scheduledAt + MINUTE_MS });
        await send(publisher, mended);
        await assertOnce(subject, [mended]);
      },
    },
  ],
  canRefuse,
);
