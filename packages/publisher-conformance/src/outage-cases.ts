import assert from "node:assert/strict";
import { PublishError, type Message } from "@beatx/core";
import { casesOf, hasBroker, type CaseContext, type PublisherCase } from "./publisher-case.js";
import {
  assertNotReceived,
  assertNotSent,
  assertOnce,
  assertRejects,
  attempt,
  send,
  sendUntilTaken,
  whenReceived,
} from "./sending.js";

/** Runs `action` while the broker is unreachable, then repairs it in any case. */
async function whileAway({ subject }: CaseContext, action: () => Promise<void>): Promise<void> {
  await subject.breakBroker!();
  try {
    await action();
  } finally {
    await subject.repairBroker!();
  }
}

/** The broker goes away and comes back. */
export const outageCases: readonly PublisherCase[] = casesOf(
  "outage",
  [
    {
      name: "a publisher opens and closes without the broker",
      async run(context) {
        const { open, makeMessage, subject, publisher } = context;
        await send(publisher, makeMessage());
        const message = makeMessage();
        let opened = publisher;
        await whileAway(context, async () => {
          const unused = await open();
          await unused.close();
          await publisher.close();
          opened = await open();
        });
        await sendUntilTaken(subject, opened, [message]);
        await whenReceived(subject, [message]);
      },
    },
    {
      name: "while the broker is unreachable a call ends in time and reports nothing as sent",
      async run(context) {
        const { publisher, open, makeMessage } = context;
        await send(publisher, makeMessage());
        await whileAway(context, async () => {
          for (const client of [publisher, await open(), publisher]) {
            const answers = await attempt(client, [makeMessage(), makeMessage()]);
            assert.ok(
              answers.every((answer) => answer !== undefined),
              "a message was reported as sent while the broker was unreachable",
            );
          }
        });
      },
    },
    {
      name: "a client that never had a connection reports messages as certainly not sent",
      async run(context) {
        const { open, makeMessage } = context;
        await whileAway(context, async () => {
          const answers = await attempt(await open(), [makeMessage(), makeMessage()]);
          for (const answer of answers) assertNotSent(answer, "a message to a broker that is unreachable");
        });
      },
    },
    {
      name: "a message that is reported as certainly not sent during an outage does not arrive after it",
      async run(context) {
        const { publisher, makeMessage } = context;
        const notSent: Message[] = [];
        const sendOnce = async (): Promise<void> => {
          const batch = Array.from({ length: 25 }, () => makeMessage());
          const answers = await attempt(publisher, batch);
          notSent.push(...batch.filter((_message, index) => PublishError.isNotSent(answers[index])));
        };
        await send(publisher, makeMessage());
        const underWay = Array.from({ length: 20 }, sendOnce);
        await whileAway(context, async () => void (await Promise.all([...underWay, sendOnce()])));
        await sendUntilTaken(context.subject, publisher, [makeMessage()]);
        await assertNotReceived(context, notSent);
      },
    },
    {
      name: "after an outage the same client sends the messages that it could not send before",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        const messages = Array.from({ length: 20 }, () => makeMessage());
        await send(publisher, makeMessage());
        await whileAway(context, async () => void (await attempt(publisher, messages)));
        await sendUntilTaken(subject, publisher, messages);
        if (publisher.delivery === "exactly-once") await assertOnce(subject, messages);
        else await whenReceived(subject, messages);
      },
    },
    {
      name: "an outage during a burst loses nothing, and repeats nothing if `delivery` is exactly-once",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        const batches = Array.from({ length: 40 }, () => Array.from({ length: 25 }, () => makeMessage()));
        await send(publisher, ...batches[0]!);
        const burst = (async () => {
          for (const batch of batches.slice(1)) await sendUntilTaken(subject, publisher, batch);
        })();
        await whileAway(context, async () => undefined);
        await burst;
        const messages = batches.flat();
        if (publisher.delivery === "exactly-once") await assertOnce(subject, messages);
        else await whenReceived(subject, messages);
      },
    },
    {
      name: "leaveMark rejects while the broker is unreachable and works again afterwards",
      needs: (publisher) => publisher.outbox !== undefined,
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        await send(publisher, makeMessage());
        await whileAway(context, () => assertRejects(publisher.outbox!.leaveMark(), "leaveMark without a broker"));
        await sendUntilTaken(subject, publisher, [makeMessage()]);
        await publisher.outbox!.leaveMark();
      },
    },
  ],
  hasBroker,
);
