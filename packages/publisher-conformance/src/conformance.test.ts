import { functionPublisher } from "@beatx/core/adapter";
import { recordingPublisher } from "@beatx/core/testing";
import type { RecordingPublisher } from "@beatx/core/testing";
import { describe, it } from "vitest";
import { dummySubject } from "../test/dummy-subject.js";
import { checkSendable, memoryBroker, memorySubject, toReceived } from "../test/memory-broker.js";
import { describePublisher } from "./describe-publisher.js";
import type { PublisherUnderTest } from "./publisher-case.js";

describe("the publisher that the suite's own tests use", () => {
  describePublisher({ describe, it }, memorySubject());
});

describe("a function as publisher", () => {
  const broker = memoryBroker();
  const open = async () =>
    functionPublisher(async (message) => {
      checkSendable(message);
      await broker.put(toReceived(message), message);
    });
  const unsendable = { colour: "none" };
  describePublisher({ describe, it }, { open, received: async () => [...broker.queue], unsendable });
});

describe("the dummy publisher", () => describePublisher({ describe, it }, dummySubject()));

describe("the recording publisher", () => {
  const opened: RecordingPublisher[] = [];
  const subject: PublisherUnderTest = {
    open: async () => {
      const publisher = recordingPublisher();
      opened.push(publisher);
      return publisher;
    },
    received: async () => opened.flatMap(({ messages }) => messages.map(toReceived)),
  };
  describePublisher({ describe, it }, subject);
});
