import type { Proxy } from "@beatx/chaos";
import { machineNow } from "../node/machine-time.js";
import type { BrokerName, RunningBroker } from "./brokers.js";

/** A broker that was away, seen from the proxy in front of it. */
export interface Outage {
  /** When it began and when the broker was back, in machine ms. */
  readonly from: number;
  readonly back: number;
}

/** A way for a broker to be away. */
export interface OutageKind {
  readonly name: string;
  readonly what: string;
  readonly runs: number;
  /** What may pass until the first message: after the broker is back, or after the fault if it was never away. */
  readonly formula: string;
  readonly boundMs: number;
  /** The same on Redis, if it differs: its client leaves a silent connection after twice the deadline of a command. */
  readonly redisBound?: Pick<OutageKind, "formula" | "boundMs">;
  /** Whether the publisher is refused meanwhile, so that each attempt ends at once. */
  readonly refuses: boolean;
  /** Whether the publisher has to connect again. */
  readonly reconnects: boolean;
  happen(broker: RunningBroker, proxy: Proxy, awayMs: number): Promise<Outage>;
}

/** R26: the longest wait between two probes of the broker. */
const LONGEST_PROBE_WAIT_MS = 1_000;
/** The default of `publishTimeoutMs`, and the time that core waits beyond it for the publisher's words. */
const PUBLISH_TIMEOUT_MS = 5_020;
/** R26: the longest wait before another attempt to connect, and the first one. */
const RECONNECT_MS = 500;
const FIRST_RECONNECT_MS = 100;
/** R26: the first wait. */
const FIRST_WAIT_MS = 250;
/** A new connection, its handshake and a message, on loopback. */
const CONNECTING_MS = 250;
const MANY_RUNS = 20;
const DEAR_RUNS = 8;

/** What may pass until the first message, on this broker. Connecting itself comes on top. */
export function outageBound(kind: OutageKind, broker: BrokerName): { formula: string; boundMs: number } {
  const { formula, boundMs } = (broker === "redis" && kind.redisBound) || kind;
  return { formula: `${formula} + connecting`, boundMs: boundMs + CONNECTING_MS };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** All kinds. The restart is dear with RabbitMQ, which boots for many seconds. */
export const OUTAGES: readonly OutageKind[] = [
  {
    name: "restart",
    what: "broker killed and restarted with its data",
    runs: DEAR_RUNS,
    formula: "reconnect + probe wait",
    boundMs: RECONNECT_MS + LONGEST_PROBE_WAIT_MS,
    refuses: true,
    reconnects: true,
    async happen(broker, _proxy, awayMs) {
      const from = machineNow();
      await broker.kill();
      await sleep(awayMs);
      await broker.restart();
      return { from, back: machineNow() };
    },
  },
  {
    name: "cut",
    what: "connections closed and refused for a time",
    runs: MANY_RUNS,
    formula: "reconnect + probe wait",
    boundMs: RECONNECT_MS + LONGEST_PROBE_WAIT_MS,
    refuses: true,
    reconnects: true,
    async happen(_broker, proxy, awayMs) {
      const from = machineNow();
      proxy.set("cut");
      await sleep(awayMs);
      proxy.set("pass");
      return { from, back: machineNow() };
    },
  },
  {
    name: "blink",
    what: "connections closed once, new ones accepted at once",
    runs: MANY_RUNS,
    formula: "first reconnect + first wait",
    boundMs: FIRST_RECONNECT_MS + FIRST_WAIT_MS,
    refuses: false,
    reconnects: true,
    async happen(_broker, proxy) {
      const from = machineNow();
      proxy.set("cut");
      proxy.set("pass");
      return { from, back: from };
    },
  },
  {
    name: "silence",
    what: "requests held back for a time, then delivered",
    runs: MANY_RUNS,
    formula: "reconnect + probe wait",
    boundMs: RECONNECT_MS + LONGEST_PROBE_WAIT_MS,
    refuses: false,
    reconnects: false,
    async happen(_broker, proxy, awayMs) {
      const from = machineNow();
      proxy.set("late-commands");
      await sleep(awayMs);
      proxy.set("pass");
      return { from, back: machineNow() };
    },
  },
  {
    name: "half-open",
    what: "connections of the moment silent for ever, new ones work",
    runs: DEAR_RUNS,
    formula: "publishTimeout + probe wait",
    boundMs: PUBLISH_TIMEOUT_MS + LONGEST_PROBE_WAIT_MS,
    redisBound: {
      formula: "2 publishTimeout + probe wait",
      boundMs: 2 * PUBLISH_TIMEOUT_MS + LONGEST_PROBE_WAIT_MS,
    },
    refuses: false,
    reconnects: true,
    async happen(_broker, proxy) {
      const from = machineNow();
      proxy.forget();
      return { from, back: from };
    },
  },
];
