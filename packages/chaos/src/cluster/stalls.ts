import type { Client } from "@beatx/core";
import type { Stall } from "../checker/record.js";
import { pause } from "../faults/pause.js";

const LOOK_EVERY_MS = 200;
/** A command of the store that takes longer than this is a stall of it, in ms. */
const SLOW_COMMAND_MS = 100;
const EVERY_MS = 20;
const WORTH_NOTING_MS = 60;

/** Watches when the event loop of this process does not run: messages then seem late. */
export function watchStalls(): { stop(): Stall[] } {
  const stalls: Stall[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const lostMs = now - last - EVERY_MS;
    if (lostMs > WORTH_NOTING_MS) stalls.push({ of: "collector", from: Date.now() - lostMs, to: Date.now() });
    last = now;
  }, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return stalls;
    },
  };
}

/** Watches how long the store takes for a reading. One that fails says nothing: then a fault is the cause. */
export function watchStore(client: Client): { stop(): Promise<Stall[]> } {
  const stalls: Stall[] = [];
  let isOpen = true;
  const loop = async (): Promise<void> => {
    while (isOpen) {
      const from = Date.now();
      const answered = await client.get("steady-1").catch(() => null);
      if (answered && Date.now() - from > SLOW_COMMAND_MS) stalls.push({ of: "store", from, to: Date.now() });
      await pause(LOOK_EVERY_MS);
    }
  };
  const ended = loop();
  return {
    async stop() {
      isOpen = false;
      await ended;
      return stalls;
    },
  };
}
