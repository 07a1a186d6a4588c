export { bullmqPublisher } from "./bullmq-publisher.js";
export { jobIdOf } from "./job.js";
export type { BeatxJobData } from "./job.js";
export { publisherProvider } from "./provider.js";
export type { BullmqOptions } from "./settings.js";
