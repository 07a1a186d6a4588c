export { machineNow } from "./node/machine-time.js";
export { NodeProcess } from "./node/node-process.js";
export { StallMeter } from "./node/stall-meter.js";
export { soak } from "./soak/soak.js";
export type { SoakOptions } from "./soak/soak.js";
export type { SoakFigures, SoakReport } from "./soak/report.js";
export { measureAll } from "./take-over/run-all.js";
export type { Measured, TakeOverOptions } from "./take-over/run-all.js";
export type { RecoveryFigures, TakeOverFigures } from "./take-over/report.js";
