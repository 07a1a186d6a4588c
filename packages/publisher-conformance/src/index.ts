export { describePublisher } from "./describe-publisher.js";
export type { TestRunner } from "./describe-publisher.js";
export type {
  CaseContext,
  OutboxProbe,
  PublisherCase,
  PublisherTopic,
  PublisherUnderTest,
  ReceivedMessage,
} from "./publisher-case.js";
export { publisherCases } from "./publisher-cases.js";
export { runCase } from "./run-case.js";
