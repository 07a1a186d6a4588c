import { expect, it } from "vitest";
import { packTexts } from "./packed-texts.js";

/** Reads what `packTexts` wrote, by the rules of MessagePack for long lists and long texts. */
function unpack(packed: Buffer): string[] {
  expect(packed[0]).toBe(0xdd);
  const texts: string[] = [];
  let at = 5;
  for (let count = packed.readUInt32BE(1); count > 0; count--) {
    expect(packed[at]).toBe(0xdb);
    const end = at + 5 + packed.readUInt32BE(at + 1);
    texts.push(packed.toString("utf8", at + 5, end));
    at = end;
  }
  expect(at).toBe(packed.length);
  return texts;
}

it("packs texts of any length and script", () => {
  const texts = ["", "a", "ä€😀", "\0\r\n", "x".repeat(70_000), "€".repeat(70_000), '{"at":1}'];
  expect(unpack(packTexts(texts))).toEqual(texts);
});

it("packs no text", () => {
  expect(unpack(packTexts([]))).toEqual([]);
});

it("keeps what it packed before", () => {
  const first = packTexts(["first"]);
  packTexts(["second", "third"]);
  expect(unpack(first)).toEqual(["first"]);
});

it.each([349_000, 350_000, 2_000_000])("packs a text of %i characters beside others", (length) => {
  const texts = ["a", "€".repeat(length), "b"];
  expect(unpack(packTexts(texts))).toEqual(texts);
});
