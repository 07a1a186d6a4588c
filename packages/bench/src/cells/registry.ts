import type { Cell } from "./cell.js";

/** The name of a cell. */
export type CellName =
  | "raw-burst"
  | "prototype-burst"
  | "beatx-burst"
  | "amqp-burst"
  | "bullmq-burst"
  | "bullmq-scheduler-burst"
  | "agenda-burst"
  | "timer-burst"
  | "hot-path"
  | "raw-steady"
  | "beatx-steady"
  | "fill"
  | "raw-load"
  | "beatx-load"
  | "take-over"
  | "take-over-limit"
  | "raw-first-start"
  | "beatx-first-start"
  | "raw-lateness"
  | "beatx-lateness"
  | "timer-lateness"
  | "bullmq-lateness"
  | "memcached-idle"
  | "client";

/** All cells by name. Each is loaded only in its own process, so that no cell pays for the code of another one. */
export const CELLS: Readonly<Record<CellName, () => Promise<Cell>>> = {
  "raw-burst": async () => (await import("./raw-burst.js")).rawBurst,
  "prototype-burst": async () => (await import("./prototype-burst.js")).prototypeBurst,
  "beatx-burst": async () => (await import("./beatx-burst.js")).beatxBurst,
  "amqp-burst": async () => (await import("./amqp-burst.js")).amqpBurst,
  "bullmq-burst": async () => (await import("./bullmq-burst.js")).bullmqBurst,
  "bullmq-scheduler-burst": async () => (await import("./bullmq-scheduler-burst.js")).bullmqSchedulerBurst,
  "agenda-burst": async () => (await import("./agenda-burst.js")).agendaBurst,
  "timer-burst": async () => (await import("./timer-burst.js")).timerBurst,
  "hot-path": async () => (await import("./hot-path.js")).hotPath,
  "raw-steady": async () => (await import("./steady.js")).rawSteady,
  "beatx-steady": async () => (await import("./steady.js")).beatxSteady,
  fill: async () => (await import("./fill.js")).fill,
  "raw-load": async () => (await import("./load.js")).rawLoad,
  "beatx-load": async () => (await import("./load.js")).beatxLoad,
  "take-over": async () => (await import("./take-over.js")).takeOver,
  "take-over-limit": async () => (await import("./take-over-limit.js")).takeOverLimit,
  "raw-first-start": async () => (await import("./first-start.js")).rawFirstStart,
  "beatx-first-start": async () => (await import("./first-start.js")).beatxFirstStart,
  "raw-lateness": async () => (await import("./lateness.js")).rawLateness,
  "beatx-lateness": async () => (await import("./lateness.js")).beatxLateness,
  "timer-lateness": async () => (await import("./lateness-peers.js")).timerLateness,
  "bullmq-lateness": async () => (await import("./lateness-peers.js")).bullmqLateness,
  "memcached-idle": async () => (await import("./memcached-idle.js")).memcachedIdle,
  client: async () => (await import("./client.js")).clientCalls,
};
