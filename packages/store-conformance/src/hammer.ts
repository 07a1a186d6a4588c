export type { HammeredServer, HammeredStore, HammerOptions } from "./hammer/options.js";
export type { FenceRegression, Overlap, StaleWrite } from "./hammer/findings.js";
export type { HammerReport } from "./hammer/report.js";
export { formatReport } from "./hammer/report.js";
export { hammerStore } from "./hammer/hammer-store.js";
