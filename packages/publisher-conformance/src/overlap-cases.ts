import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { BeatxError, type Message, systemClock } from "@beatx/core";
import type { OutboxHold } from "@beatx/core/adapter";
import { patienceOf } from "./in-time.js";
import { casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import { assertNotReceived, pause, publish, send, whenReceived } from "./sending.js";

const MINUTE_MS = 60_000;
const LONG = { policy: "skip", ttlMs: 3_600_000 } as const;
const SHORT = { policy: "skip", ttlMs: 1_000 } as const;

/** Messages of one entry, a minute apart: the first, and what is due while it waits or runs. */
function runsOfOneEntry({ makeMessage }: CaseContext, changes: Partial<Message> = {}): (minute: number) => Message {
  const { entry, scheduledAt } = makeMessage();
  return (minute) => {
    return makeMessage({ entry, scheduledAt: scheduledAt + minute * MINUTE_MS, overlap: LONG, ...changes });
  };
}

function assertHeldUp(answer: Error | undefined, what: string): void {
  const hint = "answer with `new OverlapError()`";
  assert.ok(BeatxError.hasCode(answer, "OVERLAP"), `${what}: ${String(answer)}: ${hint}`);
}

async function endRun({ subject }: CaseContext, { id }: Message): Promise<void> {
  const hint = "skipsOverlap is true: give describePublisher an `endRun`, which ends a run as consumers do";
  await (subject.endRun?.(id) ?? assert.fail(hint));
}

/** Of entries whose runs must not overlap (R52). */
export const overlapCases: readonly PublisherCase[] = casesOf(
  "overlap",
  [
    {
      name: "a message is not taken while an earlier one of its entry has not ended, and is afterwards",
      async run(context) {
        const { publisher, makeMessage, open } = context;
        const at = runsOfOneEntry(context);
        const [first, second, third, other] = [at(0), at(1), at(2), makeMessage({ overlap: LONG })];
        await send(publisher, first);
        const answers = await publish(await open(), [second, other]);
        assertHeldUp(answers[0], "the second message");
        assert.equal(answers[1], undefined, "a message of another entry was held up");
        await assertNotReceived(context, [second]);
        await endRun(context, first);
        await send(publisher, third);
        await whenReceived(context.subject, [third, other]);
      },
    },
    {
      name: "a message that is sent again is not held up by itself",
      async run(context) {
        const { publisher, open } = context;
        const first = runsOfOneEntry(context)(0);
        await send(publisher, first);
        await send(await open(), first);
        await whenReceived(context.subject, [first]);
      },
    },
    {
      name: "a message holds up a requested run of its entry in the same batch, and the other way round",
      async run(context) {
        const { publisher, subject, makeMessage } = context;
        for (const order of [
          [false, true],
          [true, false],
        ] as const) {
          const { entry } = makeMessage();
          const batch = order.map((requested) => makeMessage({ entry, requested, overlap: LONG }));
          const [first, second] = await publish(publisher, batch);
          assert.equal(first, undefined, `the first message was not sent: ${String(first)}`);
          assertHeldUp(second, "the second message");
          await whenReceived(subject, [batch[0]!]);
          await assertNotReceived(context, [batch[1]!]);
        }
      },
    },
    {
      name: "the same entry of another namespace is not held up",
      async run(context) {
        const { publisher, makeMessage } = context;
        const first = runsOfOneEntry(context)(0);
        const { entry, namespace } = first;
        await send(publisher, first, makeMessage({ entry, namespace: `${namespace}-other`, overlap: LONG }));
      },
    },
    {
      name: "a message that never ends holds up others for ttlMs, and no longer",
      async run(context) {
        const { publisher, subject } = context;
        const at = runsOfOneEntry(context, { overlap: SHORT });
        const sentAtMs = systemClock.monotonicMs();
        await send(publisher, at(0));
        for (let minute = 1; ; minute += 1) {
          const [answer] = await publish(publisher, [at(minute)]);
          const waitedMs = systemClock.monotonicMs() - sentAtMs;
          if (answer === undefined) {
            // The broker's clock may be a little faster than this one.
            assert.ok(waitedMs > 0.9 * SHORT.ttlMs, `the next message was taken after ${waitedMs} ms`);
            return;
          }
          assertHeldUp(answer, `after ${waitedMs} ms`);
          assert.ok(waitedMs < patienceOf(subject), `the next message is still held up after ${waitedMs} ms`);
          await pause(SHORT.ttlMs / 10);
        }
      },
    },
    {
      name: "the writes of a message name the key that holds up the others, and its own id",
      needs: ({ outbox }) => outbox !== undefined,
      async run(context) {
        const { outbox } = context.publisher;
        const at = runsOfOneEntry(context);
        const holdOf = (message: Message): OutboxHold => {
          const [hold, ...others] = outbox!.writesFor(message).map(({ unlessHeld }) => unlessHeld);
          assert.ok(
            hold && others.every((other) => isDeepStrictEqual(other, hold)),
            "the writes lack one `unlessHeld`",
          );
          return hold;
        };
        const [first, second] = [at(0), at(1)];
        const hold = holdOf(first);
        assert.equal(hold.value, first.id);
        assert.equal(hold.ttlMs, LONG.ttlMs);
        assert.deepEqual(holdOf(second), { ...hold, value: second.id });
        assert.notEqual(holdOf(context.makeMessage({ overlap: LONG })).key, hold.key);
        const free = outbox!.writesFor(context.makeMessage());
        assert.ok(
          free.every(({ unlessHeld }) => unlessHeld === undefined),
          "a message without `overlap` has a condition",
        );
      },
    },
  ],
  (publisher) => publisher.skipsOverlap === true,
);
