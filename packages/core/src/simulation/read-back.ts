import type { Schedule } from "../contract/schedule.js";
import type { ParseRule } from "../schedule/rule-parser.js";

/** Remembers each rule that it reads, so that it can read the JSON of that rule later, even if its type is unknown. */
export function readBack(parseRule: ParseRule): ParseRule {
  const known = new Map<string, Schedule>();
  return (input, entry, exclusions) => {
    const rule = known.get(JSON.stringify(input)) ?? parseRule(input, entry);
    known.set(JSON.stringify(rule), rule);
    return exclusions ? parseRule(rule, entry, exclusions) : rule;
  };
}
