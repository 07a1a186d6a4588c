import assert from "node:assert/strict";
import { canBeSilent, casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import { attempt, send, sendUntilTaken, whenReceived } from "./sending.js";

/** Runs `action` while the broker answers nothing, then repairs it in any case. */
async function whileSilent({ subject }: CaseContext, action: () => Promise<void>): Promise<void> {
  await subject.silenceBroker!();
  try {
    await action();
  } finally {
    await subject.repairBroker!();
  }
}

/** The error names the broker, and the password nowhere: not in its cause either. */
function assertNamesBroker({ subject }: CaseContext, error: unknown, what: string): void {
  const { address, secret } = subject;
  assert.ok(error instanceof Error, `${what} reported success`);
  assert.ok(error.message.includes(address!), `the error of ${what} does not name ${address}: ${error.message}`);
  if (secret === undefined) return;
  for (let part: unknown = error; part instanceof Error; part = part.cause) {
    const texts = Object.getOwnPropertyNames(part).map((name) => JSON.stringify((part as never)[name]) ?? "");
    assert.ok(!texts.join().includes(secret), `the error of ${what} shows the password`);
  }
}

/** The broker keeps its connections and answers nothing. */
export const silenceCases: readonly PublisherCase[] = casesOf(
  "silence",
  [
    {
      name: "the error for a broker that does not answer names its address, and never the password",
      async run(context) {
        const { publisher, open, subject, makeMessage } = context;
        await send(publisher, makeMessage());
        await whileSilent(context, async () => {
          for (const client of [publisher, await open()]) {
            const [error] = await attempt(client, [makeMessage()]);
            assertNamesBroker(context, error, "a message to a silent broker");
          }
        });
        await sendUntilTaken(subject, publisher, [makeMessage()]);
      },
    },
    {
      name: "a batch that is called off while the broker does not answer rejects with the broker's address",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        await send(publisher, makeMessage());
        await whileSilent(context, async () => {
          const controller = new AbortController();
          const answers = attempt(publisher, [makeMessage()], controller.signal);
          await new Promise((resolve) => setImmediate(resolve));
          controller.abort();
          assertNamesBroker(context, (await answers)[0], "a batch that was called off");
        });
        const message = makeMessage();
        await sendUntilTaken(subject, publisher, [message]);
        await whenReceived(subject, [message]);
      },
    },
    {
      name: "a health check of a broker that does not answer rejects with its address",
      needs: (publisher) => publisher.checkHealth !== undefined,
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        await send(publisher, makeMessage());
        const check = (): Promise<unknown> => publisher.checkHealth!({ signal: new AbortController().signal });
        await check();
        await whileSilent(context, async () => {
          const error = await check().then(
            () => undefined,
            (reason: unknown) => reason,
          );
          assertNamesBroker(context, error, "the health check");
        });
        await sendUntilTaken(subject, publisher, [makeMessage()]);
      },
    },
  ],
  canBeSilent,
);
