/** `@beatx/core/testing`: to test a schedule without servers and without waiting. */
export { FakeClock } from "./testing/fake-clock.js";
export { recordingPublisher } from "./testing/recording-publisher.js";
export type { RecordingPublisher } from "./testing/recording-publisher.js";
export { silentLogger } from "./report/logger.js";
export { simulate } from "./simulation/simulate.js";
export type { Outage, SimulateOptions } from "./simulation/simulate.js";
export type { SimulatedRun } from "./simulation/simulated-run.js";
