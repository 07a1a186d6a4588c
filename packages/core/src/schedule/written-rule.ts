import type { ScheduleJson } from "../contract/schedule.js";

/** A rule as an entry writes it. */
export interface WrittenRule {
  /** Equal rules have equal keys, and different ones different keys. */
  readonly key: string;
  readonly rule: ScheduleJson | string;
}

/** Separates fields and values in a key; no rule contains it. */
const SEPARATOR = "\0";

/**
 * A copy of a rule that is a text, or a plain object of texts and numbers, with its key. Each field is read once, so that the
 * key belongs to the copy. `undefined`: it is anything else.
 */
export function writtenRule(given: unknown): WrittenRule | undefined {
  if (typeof given === "string") return { key: `"${given}`, rule: given };
  if (typeof given !== "object" || given === null || Object.getPrototypeOf(given) !== Object.prototype)
    return undefined;
  const rule: Record<string, string | number> = {};
  let key = "";
  for (const field of Object.keys(given)) {
    const value = (given as Record<string, unknown>)[field];
    if ((typeof value !== "string" && typeof value !== "number") || field === "__proto__") return undefined;
    const shown = typeof value === "string" ? `"${value}` : String(value);
    if (field.includes(SEPARATOR) || shown.includes(SEPARATOR)) return undefined;
    key += SEPARATOR + field + SEPARATOR + shown;
    rule[field] = value;
  }
  return { key, rule: rule as unknown as ScheduleJson };
}
