import assert from "node:assert/strict";
import { PUBLISHER_CONTRACT } from "@beatx/core/adapter";
import { casesOf, hasBroker, type PublisherCase } from "./publisher-case.js";
import { assertNotReceived, assertOnce, assertRejects, publish, send } from "./sending.js";

/** Clients open and close. */
export const lifecycleCases: readonly PublisherCase[] = casesOf("lifecycle", [
  {
    name: "a publisher declares its contract, its name and its delivery",
    async run({ publisher }) {
      assert.equal(publisher.contract, PUBLISHER_CONTRACT);
      assert.match(publisher.name, /^[a-z][a-z0-9+-]*$/);
      assert.ok(["exactly-once", "at-least-once"].includes(publisher.delivery), `delivery: ${publisher.delivery}`);
    },
  },
  {
    name: "a publisher can be closed twice, and without having been used",
    async run({ publisher, makeMessage, open }) {
      const unused = await open();
      await send(publisher, makeMessage());
      for (const each of [publisher, unused]) {
        await each.close();
        await each.close();
      }
    },
  },
  {
    name: "closing one client does not disturb the others",
    async run({ publisher, open, makeMessage, subject }) {
      const other = await open();
      const messages = [makeMessage(), makeMessage()];
      await send(publisher, messages[0]!);
      await send(other, makeMessage());
      await other.close();
      await send(publisher, messages[1]!);
      await assertOnce(subject, messages);
    },
  },
  {
    name: "every call on a closed publisher rejects and sends nothing",
    needs: hasBroker,
    async run(context) {
      const { publisher, makeMessage } = context;
      const message = makeMessage();
      await send(publisher, makeMessage());
      await publisher.close();
      await assertRejects(publish(publisher, [message]), "publish after close", "CLOSED");
      if (publisher.outbox) await assertRejects(publisher.outbox.leaveMark(), "leaveMark after close", "CLOSED");
      await assertNotReceived(context, [message]);
    },
  },
]);
