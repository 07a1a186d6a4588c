export { rrule, rruleType } from "./rrule.js";
export { rruleType as scheduleType } from "./rrule.js";
export type { RRuleOptions } from "./rrule.js";
