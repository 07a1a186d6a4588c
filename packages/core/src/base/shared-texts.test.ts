import { describe, expect, it } from "vitest";

import { SharedTexts } from "./shared-texts.js";

describe("shared texts", () => {
  it.each(["1767225600000", "", "é", "\ud800", "\0"])("are equal to what was given: %j", (text) => {
    const texts = new SharedTexts();
    expect(texts.share(text)).toBe(text);
    expect(texts.share(`${text} `.slice(0, -1))).toBe(text);
  });

  it("are still right after more texts than are remembered", () => {
    const texts = new SharedTexts();
    for (let index = 0; index < 25_000; index++) expect(texts.share(String(index))).toBe(String(index));
  });
});
