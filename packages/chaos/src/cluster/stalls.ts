import type { Stall } from "../checker/record.js";

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
