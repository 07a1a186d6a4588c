import { describe, expect, it } from "vitest";

import { BeatxError } from "../base/errors.js";
import { type Cursor, decodeCursor, digestOf, encodeCursor, isReadable, readCursor } from "./cursor.js";

const cursor: Cursor = {
  at: 5_000,
  runs: 2,
  skipped: 1,
  fence: 7,
  sentAt: 5_001,
  pending: null,
  uncertain: 0,
  requested: 0,
  records: 0,
  givenUp: 0,
};
const written = (changes: object): string => JSON.stringify({ ...cursor, ...changes });

describe("a cursor", () => {
  it.each<Partial<Cursor>>([
    {},
    { sentAt: null },
    { pending: 5_000, uncertain: 3 },
    { requested: 4 },
    { records: 21 },
    { givenUp: 3 },
    { pending: 5_000, uncertain: 3, requested: 4, records: 1 },
    { at: -1, sentAt: -99_999_999_999_999 },
    { at: 99_999_999_999_999, runs: 99_999_999_999_999, fence: 0 },
  ])("is read as it was written: %o", (changes) => {
    const text = encodeCursor({ ...cursor, ...changes });
    expect(decodeCursor("job", text)).toEqual({ ...cursor, ...changes });
    expect(encodeCursor(decodeCursor("job", text))).toBe(text);
  });

  const outOfRange = [1.5, 1e14, 8_640_000_000_000_001, 1e18, 1e300, -1e300, "1", true, [], {}];
  it.each([
    ["at", [...outOfRange, null, undefined]],
    ["sentAt", [...outOfRange, undefined]],
    ["pending", outOfRange],
    ["runs", [...outOfRange, null, undefined, -1]],
    ["skipped", [...outOfRange, null, undefined, -1]],
    ["fence", [...outOfRange, null, undefined, -1]],
    ["uncertain", [...outOfRange, null, -1]],
    ["records", [...outOfRange, null, -1]],
    ["givenUp", [...outOfRange, null, -1]],
  ])("with a wrong %s is refused, with the field, the value and the way out", (field, values) => {
    for (const value of values) {
      const read = (): Cursor => decodeCursor("job", written({ [field]: value }));
      expect(read, JSON.stringify(value)).toThrow(BeatxError);
      expect(read).toThrow(
        new RegExp(`^the stored cursor of "job" cannot be read: its "${field}" is .*reset job|reset`),
      );
      expect(read).toThrow(/beatx reset "job"$/);
    }
  });

  it.each(["", "{", "null", "[]", "5", '"x"', `{"at":NaN}`, "v2:1"])("is refused if its text is %j", (text) => {
    expect(() => decodeCursor("job", text)).toThrow(/^the stored cursor of "job" cannot be read: it is /);
    expect(isReadable("job", text)).toBe(false);
  });

  it("is shown only in part if it is long", () => {
    const long = `{"at":"${"x".repeat(1_000_000)}"}`;
    for (const text of [long, long.slice(0, -1)]) {
      const error: unknown = (() => {
        try {
          return decodeCursor("job", text);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect((error as BeatxError).message.length).toBeLessThan(400);
    }
  });

  it("does not count if the definition ignores its text, readable or not", () => {
    const good = encodeCursor(cursor);
    for (const text of [good, '{"at":1']) {
      expect(readCursor("job", text, { kind: "entry", ignoredCursor: digestOf(text) })).toBeNull();
    }
    expect(readCursor("job", good, { kind: "entry", ignoredCursor: digestOf("other") })).toEqual(cursor);
    expect(readCursor("job", good, { kind: "entry" })).toEqual(cursor);
    expect(readCursor("job", null, { kind: "entry", ignoredCursor: digestOf(good) })).toBeNull();
  });
});
