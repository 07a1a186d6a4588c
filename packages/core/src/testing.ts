/** `@beatx/core/testing`: to test a schedule without servers and without waiting. */
export { FakeClock } from "./fake-clock.js";
export { recordingPublisher } from "./recording-publisher.js";
export type { RecordingPublisher } from "./recording-publisher.js";
export { silentLogger } from "./logger.js";
export { simulate } from "./simulate.js";
export type { Outage, SimulateOptions } from "./simulate.js";
export type { SimulatedRun } from "./simulated-run.js";
