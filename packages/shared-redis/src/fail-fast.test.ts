import { expect, it } from "vitest";
import { openConnection } from "./connection.js";
import { failFastOptions } from "./fail-fast.js";

it("a connection of our own fails fast and sends nothing late, whatever its options say", () => {
  const options = { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true };
  const settings = { server: "broker", owner: "publisher", timeoutMs: 700 };
  expect(openConnection({ ...options, host: "h" }, settings).client.options).toMatchObject({
    host: "h",
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 700,
    socketTimeout: 1400,
  });
});

it("a lost connection is always tried again, after a second at most, by sentinels too", () => {
  const { retryStrategy, sentinelRetryStrategy } = failFastOptions(700);
  for (const strategy of [retryStrategy, sentinelRetryStrategy]) {
    expect([1, 2, 10, 1_000_000].map((attempt) => strategy?.(attempt))).toEqual([100, 200, 1000, 1000]);
  }
});

it("a server that has become a replica is left", () => {
  const { reconnectOnError } = failFastOptions(700);
  expect(reconnectOnError?.(new Error("READONLY You can't write against a read only replica."))).toBe(true);
  expect(reconnectOnError?.(new Error("OOM command not allowed"))).toBe(false);
});
