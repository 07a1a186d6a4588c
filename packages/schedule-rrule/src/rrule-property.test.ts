import { seeded } from "@beatx/test-servers/seeded";
import { describe, expect, it } from "vitest";

import { rrule } from "./index.js";

const seed = Number(process.env["BEATX_TEST_SEED"] ?? 20_260_101);
const DAY = 86_400_000;

const ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"];
const RULES = [
  "FREQ=DAILY",
  "FREQ=DAILY;INTERVAL=3;BYHOUR=1,2,3;BYMINUTE=0,30",
  "FREQ=WEEKLY;BYDAY=MO,SU;BYHOUR=2",
  "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU",
  "FREQ=MONTHLY;BYDAY=-1SU",
  "FREQ=MONTHLY;BYMONTHDAY=31,-1",
  "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
  "FREQ=YEARLY;BYMONTH=3,11;BYDAY=2SU,1SU",
  "FREQ=HOURLY",
  "FREQ=HOURLY;INTERVAL=5",
  "FREQ=MINUTELY;INTERVAL=45",
  "FREQ=MINUTELY;INTERVAL=20;BYHOUR=1,2",
  "FREQ=SECONDLY;INTERVAL=900",
  "FREQ=DAILY;COUNT=400",
  "FREQ=DAILY;UNTIL=20290101T000000Z",
];

describe("an rrule in any zone", () => {
  it.each(RULES)(`%s is strictly later, and the same between two instants (seed ${seed})`, (rule) => {
    const random = seeded(seed + RULES.indexOf(rule));
    for (const zone of ZONES) {
      const minute = String(Math.floor(random() * 60)).padStart(2, "0");
      const text = `DTSTART;TZID=${zone}:20270101T02${minute}00\n${rule}`;
      const [forwards, asked] = [rrule(text), rrule(text)];
      let after = Date.UTC(2027, 0, 1) + Math.floor(random() * 700 * DAY);
      for (let step = 0; step < 60; step += 1) {
        const next = forwards.next(after);
        const hint = `seed ${seed}, ${text} after ${new Date(after).toISOString()}`;
        if (next === null) {
          expect(asked.next(after + DAY), hint).toBeNull();
          break;
        }
        expect(next, hint).toBeGreaterThan(after);
        expect(asked.next(after + Math.floor(random() * (next - after))), hint).toBe(next);
        // A fresh object gives the same answer, so the cache changes nothing.
        if (step % 20 === 0) expect(rrule(text).next(next - 1), hint).toBe(next);
        after = next;
      }
    }
  });
});
