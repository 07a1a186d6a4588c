import { describe, expect, it } from "vitest";
import { formatSpan, formatTime, formatUntil, isoTime } from "./format-time.js";

const AT = Date.parse("2026-03-02T06:00:00Z");

describe("a moment", () => {
  it("is shown on the wall clock of its zone, with the offset of that day", () => {
    expect(formatTime(AT, "Europe/Berlin")).toBe("2026-03-02 07:00:00+01:00");
    expect(formatTime(Date.parse("2026-07-02T06:00:00Z"), "Europe/Berlin")).toBe("2026-07-02 08:00:00+02:00");
    expect(formatTime(AT, "America/St_Johns")).toBe("2026-03-02 02:30:00-03:30");
  });

  it("in UTC ends in Z", () => {
    expect(formatTime(AT, "UTC")).toBe("2026-03-02 06:00:00Z");
  });

  it("at midnight is hour 0 of the new day", () => {
    expect(formatTime(Date.parse("2026-03-01T23:00:00Z"), "Europe/Berlin")).toBe("2026-03-02 00:00:00+01:00");
  });

  it("shows milliseconds only if there are any, also before 1970", () => {
    expect(formatTime(AT + 7, "UTC")).toBe("2026-03-02 06:00:00.007Z");
    expect(formatTime(-1, "UTC")).toBe("1969-12-31 23:59:59.999Z");
  });

  it("in JSON is ISO 8601, and null if there is none", () => {
    expect(isoTime(AT)).toBe("2026-03-02T06:00:00.000Z");
    expect(isoTime(null)).toBeNull();
  });
});

describe("a span", () => {
  it.each([
    [0, "0.0 s"],
    [400, "0.4 s"],
    [12_900, "12 s"],
    [60_000, "1 min"],
    [125_000, "2 min 5 s"],
    [11_520_000, "3 h 12 min"],
    [93_600_000, "1 d 2 h"],
    [-125_000, "2 min 5 s"],
  ])("of %d ms is %s", (spanMs, text) => {
    expect(formatSpan(spanMs)).toBe(text);
  });

  it("says how far ahead or overdue a moment is", () => {
    expect(formatUntil(AT + 30_000, AT)).toBe("in 30 s");
    expect(formatUntil(AT - 30_000, AT)).toBe("overdue for 30 s");
  });
});
