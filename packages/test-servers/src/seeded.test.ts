import { expect, it } from "vitest";
import { seeded } from "./seeded.js";

/** Of the same algorithm, written down once. */
const EXPECTED = [0.3630195134319365, 0.7252635709010065, 0.06235719472169876];

it("a seed always draws the same numbers, so that recorded seeds keep their meaning", () => {
  const random = seeded(4711);
  expect([random(), random(), random()]).toEqual(EXPECTED);
  expect(seeded(4711 + 2 ** 32)()).toBe(EXPECTED[0]);
  expect(seeded(-1)()).not.toBe(seeded(1)());
});
