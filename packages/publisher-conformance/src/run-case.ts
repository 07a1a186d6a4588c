import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Publisher } from "@beatx/core";
import { inTime, makeImpatient } from "./in-time.js";
import { messageMaker } from "./make-message.js";
import type { PublisherCase, PublisherUnderTest } from "./publisher-case.js";

/**
 * Runs one case on a new client in a new namespace, then closes all clients. Resolves to `false` when the case does not apply
 * to the publisher; rejects when the publisher breaks its promise.
 */
export async function runCase(publisherCase: PublisherCase, subject: PublisherUnderTest): Promise<boolean> {
  const isPaired = (subject.breakBroker === undefined) === (subject.repairBroker === undefined);
  assert.ok(isPaired, "give both `breakBroker` and `repairBroker`, or neither");
  const opened: Publisher[] = [];
  const open = async (): Promise<Publisher> => {
    const publisher = makeImpatient(subject, await inTime(subject, "open", subject.open()));
    opened.push(publisher);
    return publisher;
  };
  try {
    const publisher = await open();
    if (publisherCase.needs?.(publisher, subject) === false) return false;
    const makeMessage = messageMaker(`conformance-${randomUUID()}`);
    await publisherCase.run({ publisher, subject, makeMessage, open });
    return true;
  } finally {
    await Promise.allSettled(opened.map((publisher) => publisher.close()));
  }
}
