export { solar, solarType } from "./solar.js";
export { solarType as scheduleType } from "./solar.js";
export type { SolarEvent } from "./solar-event.js";
