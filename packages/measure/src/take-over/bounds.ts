import { SETTINGS } from "./cluster.js";
import type { StoreName } from "./stores.js";

/** A bound that docs/PROTOCOL.md promises, with `L` the time that one store command really takes. */
export interface Bound {
  /** As the protocol writes it. */
  readonly formula: string;
  /** The part without `L`, in ms. */
  readonly fixedMs: number;
  /** How many commands it allows for. */
  readonly commands: number;
}

const { lockTtlMs, standbyPollMs } = SETTINGS;
/** What docs/PROTOCOL.md derives from the ttl: half of what margin and renewal leave of it. */
const COMMAND_TIMEOUT_MS = (lockTtlMs - lockTtlMs / 5 - lockTtlMs / 3) / 2;
const SLACK_MS = 250;
const WAKE_DELAY_MS = 50;
const POLL_JITTER = 1.2;
/** The longest delay of a client of Redis before it connects again. */
const RECONNECT_MS = 500;
/** The longest wait of a node before it asks for the lease again after an error. */
const RETRY_MS = 1_000;

/** I4: the leader is gone without a word. */
export function afterCrash(store: StoreName): Bound {
  if (store !== "memcached") {
    return { formula: "ttl + slack + 4 L", fixedMs: lockTtlMs + SLACK_MS, commands: 4 };
  }
  const fixedMs = lockTtlMs / 0.8 + POLL_JITTER * standbyPollMs;
  return { formula: "1.25 ttl + 1.2 pollEvery + 4 L", fixedMs, commands: 4 };
}

/** I4: the leader has stopped gracefully. memcached wakes nobody. */
export function afterStop(store: StoreName): Bound {
  if (store === "memcached") return afterLostWakeUp();
  return { formula: "wake delay + 2 L", fixedMs: WAKE_DELAY_MS, commands: 2 };
}

/** I4: the same, with nobody to hear the wake-up. */
export function afterLostWakeUp(): Bound {
  return { formula: "1.2 pollEvery + 3 L", fixedMs: POLL_JITTER * standbyPollMs, commands: 3 };
}

/** R33: the server is there again and may have lost a lease. A node first has to connect and to ask again. */
export function afterStoreReturn(store: StoreName): Bound {
  const { formula, fixedMs, commands } = afterCrash(store);
  return { formula: `${formula} + reconnect + retry`, fixedMs: fixedMs + RECONNECT_MS + RETRY_MS, commands };
}

/** The bound in ms for commands that took at most `commandMs`; a node gives up each at its deadline. */
export function boundMs({ fixedMs, commands }: Bound, commandMs: number): number {
  return fixedMs + commands * Math.min(commandMs, COMMAND_TIMEOUT_MS);
}
