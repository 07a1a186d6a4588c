import { parseSchedule } from "@beatx/core";
import { getNextMillis } from "bullmq";
import { describe, expect, it } from "vitest";

import { bullmqRule } from "./bullmq.js";

const PATTERNS = [
  "0 7 * * 1-5", "*/15 * * * *", "30 */6 1,15 * *", "0 0 13 * 5", "0 0 */10 * 1", "0 12 * * 7", "5 4 * * sun", "15 10 L * *", "0 9 * * 1#2",
  "0 9 * * 5L", "*/20 30 9 * * 2", "@daily", "59 23 31 12 *", "0 0 12 ? * MON",
]; // prettier-ignore
const ZONES = ["UTC", "Europe/Berlin", "America/New_York"];
const STARTS = ["2026-01-15T11:59:30Z", "2027-03-20T23:00:00Z", "2027-10-25T12:00:00Z", "2028-02-28T00:00:00Z"];

describe("an imported job scheduler is due when BullMQ says", () => {
  it.each(PATTERNS.flatMap((pattern) => ZONES.map((tz) => [pattern, tz] as const)))("%s in %s", (pattern, tz) => {
    const rule = parseSchedule(bullmqRule({ pattern, tz }));
    for (const start of STARTS.map((text) => Date.parse(text))) {
      const [expected, found]: [number[], number[]] = [[], []];
      for (let at = start; expected.length < 12; expected.push(at)) at = getNextMillis(at, { pattern, tz })!;
      for (let at = start; found.length < 12; found.push(at)) at = rule.next(at)!;
      expect(found).toEqual(expected);
    }
  });
});
