import { contentCases } from "./content-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { outageCases } from "./outage-cases.js";
import { outboxCases } from "./outbox-cases.js";
import { overlapCases } from "./overlap-cases.js";
import type { PublisherCase } from "./publisher-case.js";
import { refusalCases } from "./refusal-cases.js";
import { repeatCases } from "./repeat-cases.js";
import { sendingCases } from "./sending-cases.js";
import { silenceCases } from "./silence-cases.js";
import { signalCases } from "./signal-cases.js";

/** The whole publisher contract as data, for runners that `describePublisher` does not fit. `runCase` runs one. */
export const publisherCases: readonly PublisherCase[] = [
  ...lifecycleCases,
  ...sendingCases,
  ...contentCases,
  ...refusalCases,
  ...signalCases,
  ...repeatCases,
  ...outageCases,
  ...silenceCases,
  ...outboxCases,
  ...overlapCases,
];
