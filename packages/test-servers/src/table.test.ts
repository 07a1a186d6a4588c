import { expect, it } from "vitest";
import { table } from "./table.js";

it("a table puts words to the left and numbers to the right, each with the head of its column", () => {
  const rows = [
    ["fault", "runs", "longest ms"],
    ["kill", 20, "1,058.5"],
    ["lost wake-up", 3, "-7"],
  ];
  expect(table(rows)).toBe(
    "fault         runs  longest ms\nkill            20     1,058.5\nlost wake-up     3          -7",
  );
});

it("a number among words ends at the right of its column", () => {
  expect(table([["", "median"], ["a", "none yet"], ["b", 12]])).toBe("   median\na  none yet\nb        12"); // prettier-ignore
});
