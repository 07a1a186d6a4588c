import { describe, expect, it } from "vitest";
import { decodeItem, encodeItem, withFence } from "./fenced-item.js";

const item = { fence: 1_893_456_000_000, fields: ["a life", [["name", 1, 'a, "cursor"']]] };

describe("an item with a fence", () => {
  it("is read back, also after its fence was raised in the text", () => {
    expect(decodeItem(encodeItem(item), 2)).toEqual(item);
    expect(decodeItem(withFence(encodeItem(item), item.fence + 1), 2)).toEqual({ ...item, fence: item.fence + 1 });
  });

  it("is read without a checksum, as older versions write it", () => {
    expect(decodeItem(JSON.stringify([item.fence, ...item.fields]), 2)).toEqual(item);
  });

  it("is unreadable if any character of its fields has changed", () => {
    const text = encodeItem(item);
    for (let place = text.indexOf(",") + 1; place < text.length; place += 1) {
      const changed = `${text.slice(0, place)}${text[place] === "0" ? "1" : "0"}${text.slice(place + 1)}`;
      expect(decodeItem(changed, 2), changed).toBeNull();
    }
  });

  it.each(["", "[]", "[1]", "null", "{}", "[-1,2,3]", "[1e300,2,3]", '["1",2,3]', "[1.5,2,3]", "(flags 2) [1,2,3]"])(
    "is not %j",
    (text) => {
      expect(decodeItem(text, 2)).toBeNull();
    },
  );
});
