export type {
  CaseContext,
  ConformanceCase,
  ConformanceTopic,
  OutboxProbe,
  StoreUnderTest,
} from "./cases/conformance-case.js";
export { conformanceCases } from "./cases/all-cases.js";
export { describeStore } from "./describe-store.js";
export type { TestRunner } from "./describe-store.js";
export { runCase } from "./run-case.js";
