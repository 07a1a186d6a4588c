import { hash } from "node:crypto";

import { expect, it, vi } from "vitest";

import { ruleParser } from "../schedule/rule-parser.js";
import { Timetable } from "../timetable/timetable.js";
import { makeMessage } from "./message.js";

vi.mock(import("node:crypto"), async (load) => {
  const original = await load();
  return { ...original, hash: vi.fn(original.hash) as unknown as typeof original.hash };
});

it("the ids of an entry's messages take one hash, however many occurrences it has", () => {
  const timetable = new Timetable(ruleParser("UTC"));
  const entry = { task: "t", schedule: { type: "interval", everyMs: 1_000 } };
  const definition = JSON.stringify({ format: 1, kind: "entry", source: "api", effectiveFrom: 0, paused: false, overridden: false, entry }); // prettier-ignore
  timetable.apply({ name: "ping", revision: "1", definition, cursor: null }, true);
  const live = timetable.entries.get("ping")!;
  vi.mocked(hash).mockClear();
  const ids = [1, 2, 3, 4].map((second) => makeMessage(live, second * 1_000, 0, { token: "t", fence: 1 }, "shop").id);
  expect(new Set(ids).size).toBe(4);
  expect(hash).toHaveBeenCalledTimes(1);
});
