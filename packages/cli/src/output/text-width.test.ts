import { describe, expect, it } from "vitest";
import { fitText, widthOf } from "./text-width.js";

describe("a text fitted into 6 columns", () => {
  it.each([
    ["ping", "ping  "],
    ["report", "report"],
    ["reports", "repor~"],
    ["日報", "日報  "],
    ["日報日報", "日報~ "], // the third would need two columns where one is left
  ])("%s becomes %j", (text, fitted) => {
    expect(fitText(text, 6, "~")).toBe(fitted);
    expect(widthOf(fitted)).toBe(6);
  });
});
