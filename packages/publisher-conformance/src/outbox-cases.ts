import assert from "node:assert/strict";
import { BeatxError, type Message } from "@beatx/core";
import type { OutboxWrite, PublisherOutbox } from "@beatx/core/adapter";
import { canRefuse, casesOf, type CaseContext, type OutboxProbe, type PublisherCase } from "./publisher-case.js";
import { assertNotReceived, assertOnce, assertSame } from "./sending.js";

const MINUTE_MS = 60_000;

/** The contract says "a few seconds"; this leaves room, and still catches marks that stay. */
const LONGEST_MARK_MS = 5 * MINUTE_MS;

function outboxOf({ publisher, subject }: CaseContext): { outbox: PublisherOutbox; probe: OutboxProbe } {
  assert.ok(subject.outbox, "the publisher has an outbox: give describePublisher an `outbox` probe");
  return { outbox: publisher.outbox!, probe: subject.outbox };
}

/** Asserts that the writes have a form that a store can carry out. */
function writesOf(outbox: PublisherOutbox, message: Message): readonly OutboxWrite[] {
  const writes = outbox.writesFor(message);
  assert.ok(writes.length > 0, "a message without any writes would be lost");
  for (const { kind, database, key, value } of writes) {
    assert.equal(kind, "list-push");
    assert.ok(Number.isInteger(database) && database >= 0, `database ${database}`);
    assert.ok(typeof key === "string" && key !== "" && typeof value === "string", "key and value must be texts");
  }
  return writes;
}

async function carryOut(context: CaseContext, messages: readonly Message[]): Promise<void> {
  const { outbox, probe } = outboxOf(context);
  const writes = messages.flatMap((message) => writesOf(outbox, message));
  for (const write of writes) await probe.push(write);
  const received = await assertOnce(context.subject, messages);
  messages.forEach((message, index) => assertSame(received[index]!, message));
}

/** A store pushes the messages in the atomic step in which it moves the cursor (R20). */
export const outboxCases: readonly PublisherCase[] = casesOf(
  "outbox",
  [
    {
      name: "a mark is where leaveMark says, and expires soon",
      async run(context) {
        const { outbox, probe } = outboxOf(context);
        const mark = await outbox.leaveMark();
        const found = await probe.readMark(mark);
        assert.equal(found?.value, mark.value, "the mark is not where leaveMark says");
        const isShort = found.expiresInMs > 0 && found.expiresInMs <= LONGEST_MARK_MS;
        assert.ok(isShort, `the mark stays for ${found.expiresInMs} ms`);
      },
    },
    {
      name: "no two marks are the same, not even of two clients",
      async run(context) {
        const { outbox } = outboxOf(context);
        const other = (await context.open()).outbox!;
        const marks = [await outbox.leaveMark(), await other.leaveMark(), await outbox.leaveMark()];
        assert.equal(new Set(marks.map(({ key, value }) => JSON.stringify([key, value]))).size, marks.length);
      },
    },
    {
      name: "writesFor sends nothing, and can be called again for the same message",
      async run(context) {
        const { outbox, probe } = outboxOf(context);
        const message = context.makeMessage({ args: [1], kwargs: { two: 2 } });
        const [first, again] = [writesOf(outbox, message), writesOf(outbox, message)];
        const places = first.map(({ value: _, ...place }) => place);
        const otherPlaces = again.map(({ value: _, ...place }) => place);
        assert.deepEqual(otherPlaces, places, "the second call returns writes to other keys");
        await assertNotReceived(context, [message]);
        for (const write of again) await probe.push(write);
        const [received] = await assertOnce(context.subject, [message]);
        assertSame(received!, message);
      },
    },
    {
      name: "carrying out the writes sends the whole message",
      run: (context) =>
        carryOut(context, [
          context.makeMessage({ args: ["é", [null, { deep: true }]], kwargs: { ключ: "😀" } }),
          context.makeMessage({ requested: true }),
        ]),
    },
    {
      name: "messages that share a template have writes of their own",
      run: (context) => {
        const first = context.makeMessage({ args: ["shared"] });
        const { entry, args, templateKey, scheduledAt } = first;
        const second = context.makeMessage({
          entry,
          args,
          templateKey,
          scheduledAt: scheduledAt + MINUTE_MS,
          fence: 43,
        });
        const other = context.makeMessage({ entry, args: ["other"], scheduledAt: scheduledAt + 2 * MINUTE_MS });
        return carryOut(context, [first, second, other]);
      },
    },
    {
      name: "writesFor throws for a message that can never be sent",
      needs: canRefuse,
      async run(context) {
        const { outbox } = outboxOf(context);
        const bad = context.makeMessage({ options: context.subject.unsendable! });
        const isRefusal = (error: unknown): boolean => BeatxError.hasCode(error, "PUBLISH");
        assert.throws(() => outbox.writesFor(bad), isRefusal, "writesFor does not throw a PublishError");
      },
    },
  ],
  (publisher) => publisher.outbox !== undefined,
);
