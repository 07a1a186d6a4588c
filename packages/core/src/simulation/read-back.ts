import type { Schedule } from "../contract/schedule.js";
import type { ParseRule } from "../schedule/rule-parser.js";

/** Also reads the JSON of each rule that it has read before, even one given as an object of a type it does not know. */
export function readBack(parseRule: ParseRule): ParseRule {
  const known = new Map<string, Schedule>();
  return (input, entry) => {
    const rule = known.get(JSON.stringify(input)) ?? parseRule(input, entry);
    known.set(JSON.stringify(rule), rule);
    return rule;
  };
}
