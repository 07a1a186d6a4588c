import assert from "node:assert/strict";
import type { Message } from "@beatx/core";
import { ODD_ARGS, ODD_KWARGS, ODD_TEXTS } from "./odd-values.js";
import { casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import { assertOnce, assertSame, send } from "./sending.js";

const MINUTE_MS = 60_000;
const LARGE_CHARACTERS = 100_000;

async function assertArriveSame({ publisher, subject }: CaseContext, messages: readonly Message[]): Promise<void> {
  await send(publisher, ...messages);
  const received = await assertOnce(subject, messages);
  messages.forEach((message, index) => assertSame(received[index]!, message));
}

/** Messages arrive with their contents unchanged. */
export const contentCases: readonly PublisherCase[] = casesOf("contents", [
  {
    name: "a message arrives with its id, entry, task, instant and fence",
    async run(context) {
      const { scheduledAt } = context.makeMessage();
      const odd = context.makeMessage({ scheduledAt: scheduledAt - (scheduledAt % 1000) + 7, fence: 1 });
      const even = context.makeMessage({ scheduledAt: odd.scheduledAt - 7, fence: Number.MAX_SAFE_INTEGER });
      await assertArriveSame(context, [odd, even]);
    },
  },
  {
    name: "args and kwargs arrive unchanged, however odd or deep",
    async run(context) {
      const { makeMessage } = context;
      const large = "x".repeat(LARGE_CHARACTERS);
      await assertArriveSame(context, [
        makeMessage({ args: ODD_ARGS }),
        makeMessage({ kwargs: ODD_KWARGS }),
        makeMessage({ args: [ODD_KWARGS], kwargs: { args: ODD_ARGS, kwargs: {} } }),
        makeMessage({ args: [large], kwargs: { large } }),
      ]);
    },
  },
  {
    name: "the names of entries and tasks arrive unchanged, however odd",
    async run(context) {
      const { makeMessage } = context;
      await assertArriveSame(
        context,
        ODD_TEXTS.flatMap((text) => [makeMessage({ entry: text }), makeMessage({ task: text })]),
      );
    },
  },
  {
    name: "messages that share a template keep their own id, instant and fence",
    async run(context) {
      const first = context.makeMessage({ args: ["shared"] });
      const { entry, args, kwargs, options, templateKey, scheduledAt } = first;
      const shared = { entry, args, kwargs, options, templateKey };
      const second = context.makeMessage({ ...shared, scheduledAt: scheduledAt + MINUTE_MS, fence: 43 });
      const third = context.makeMessage({ ...shared, scheduledAt: scheduledAt + 2 * MINUTE_MS, fence: 44 });
      await assertArriveSame(context, [first]);
      await assertArriveSame(context, [second]);
      await assertArriveSame(context, [third]);
    },
  },
  {
    name: "a new revision of an entry is sent with its own contents, not those of the old one",
    async run(context) {
      const first = context.makeMessage({ args: ["before"], kwargs: { revision: 1 } });
      const { entry, scheduledAt } = first;
      const next = { entry, task: "tasks.other", args: ["after"], kwargs: { revision: 2 } };
      await assertArriveSame(context, [first]);
      await assertArriveSame(context, [context.makeMessage({ ...next, scheduledAt: scheduledAt + MINUTE_MS })]);
    },
  },
  {
    name: "a publisher does not change the messages that it is given",
    async run({ publisher, makeMessage }) {
      const frozen = makeMessage({ args: [{ list: [1] }], kwargs: { deep: { list: [] } } });
      const message = { ...frozen, ...structuredClone({ args: frozen.args, kwargs: frozen.kwargs, options: {} }) };
      await send(publisher, message);
      assert.deepEqual(message, { ...frozen, options: {} });
    },
  },
]);
