/** The models of stores keep the contract that real stores keep, so what a simulation shows holds for these, too. */
import { describeStore } from "@beatx/store-conformance";
import { describe, it } from "vitest";

import { simulatedSubject } from "../simulated-subject.js";

const KINDS = {
  "that writes lock, cursor and queue in one step": {
    fencedWrites: true,
    locksByWallClock: true,
    hasClock: true,
    outbox: true,
  },
  "that is local": { fencedWrites: true, locksByWallClock: false, hasClock: true, outbox: false },
  "that compares only rows": { fencedWrites: false, locksByWallClock: false, hasClock: false, outbox: false },
};

for (const [name, kind] of Object.entries(KINDS)) {
  describe(`the model of a store ${name}`, () => describeStore({ describe, it }, simulatedSubject(kind)));
}
