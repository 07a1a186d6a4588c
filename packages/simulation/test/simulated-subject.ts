import { systemClock } from "@beatx/core";
import { type CursorMove, StoreError } from "@beatx/core/adapter";
import type { StoreUnderTest } from "@beatx/store-conformance";

import { Random } from "../src/base/random.js";
import { type Happening, Timeline } from "../src/base/timeline.js";
import { simulatedStore } from "../src/stores/simulated-store.js";
import { StoreData, type StoreKind } from "../src/stores/store-data.js";
import { Link } from "../src/world/link.js";
import { Machine, Process, START } from "../src/world/machine.js";
import { Server } from "../src/world/server.js";

/** A timeline on which everything happens in real time, as the conformance suite needs it. */
function realTimeline(): Timeline {
  const timeline = new Timeline();
  const startedAt = systemClock.monotonicMs();
  Object.defineProperty(timeline, "nowMs", { get: () => systemClock.monotonicMs() - startedAt });
  timeline.after = (delayMs, callback): Happening => {
    const timer = systemClock.setTimer(callback, delayMs);
    return {
      at: 0,
      get isCancelled() {
        return false;
      },
      set isCancelled(isCancelled) {
        if (isCancelled) timer.cancel();
      },
    };
  };
  return timeline;
}

/** The model of a store on one server, for the conformance suite. */
export function simulatedSubject(kind: StoreKind & { readonly outbox: boolean }): StoreUnderTest {
  const timeline = realTimeline();
  const machine = new Machine("server", timeline, { skewMs: systemClock.now() - START });
  const server = new Server("server", timeline);
  const observer = { onGrant() {}, onMove() {}, onDefinition() {} };
  const spaces = new Map<string, { data: StoreData; watchers: Set<() => void> }>();
  const queues = new Map<string, string[]>();
  const broken = new Set<string>();
  const push = ({ outbox = [] }: CursorMove): string | undefined => {
    if (outbox.some(({ database, key }) => broken.has(`${database} ${key}`))) return "not a list";
    for (const { database, key, value } of outbox) {
      const list = `${database} ${key}`;
      queues.set(list, [...(queues.get(list) ?? []), value]);
    }
    return undefined;
  };
  return {
    async open(namespace) {
      const space = spaces.get(namespace) ?? { data: new StoreData(machine, kind, observer), watchers: new Set() };
      spaces.set(namespace, space);
      const link = new Link(new Process(machine), server, {
        random: new Random(1),
        makeError: (why) => new StoreError(why),
        onFault() {},
      });
      return simulatedStore({
        link,
        ...space,
        capabilities: {
          durable: true,
          fencedWrites: kind.fencedWrites,
          outbox: kind.outbox,
          lockResolutionMs: 1,
          maxValueBytes: 1_000_000,
        },
        outbox: { holdsMark: ({ database, key, value }) => `${database} ${key} ${value}` === "0 mark secret", push },
        isClockless: !kind.hasClock,
      });
    },
    outbox: {
      leaveMark: async () => ({ database: 0, key: "mark", value: "secret" }),
      readQueue: async (database, key) => queues.get(`${database} ${key}`) ?? [],
      breakQueue: async (database, key) => void broken.add(`${database} ${key}`),
    },
    async loseMemory() {
      for (const { data } of spaces.values()) data.wipe();
    },
  };
}
