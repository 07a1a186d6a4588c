import { describe, expect, it } from "vitest";
import { clusterOptions, openRedis, redisOptions } from "./open-client.js";

describe("a client of our own", () => {
  it("fails fast and sends nothing late or twice, whatever its options say", () => {
    const options = { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true };
    expect(openRedis({ ...options, host: "h" }, 700).options).toMatchObject({
      host: "h",
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      commandTimeout: 700,
      connectTimeout: 700,
      socketTimeout: 1400,
    });
  });

  it("ends a connection attempt after 2 s, however long the deadline, or after the given time", () => {
    expect(redisOptions(600_000).connectTimeout).toBe(2000);
    expect(redisOptions(600_000, 30_000).connectTimeout).toBe(30_000);
  });

  it("always tries to connect again, after half a second at most, also through sentinels", () => {
    const { retryStrategy, sentinelRetryStrategy } = redisOptions(700);
    for (const strategy of [retryStrategy, sentinelRetryStrategy]) {
      expect([1, 2, 10, 1_000_000].map((attempt) => strategy?.(attempt))).toEqual([50, 100, 500, 500]);
    }
  });

  it("leaves a server that has become a replica", () => {
    const { reconnectOnError } = redisOptions(700);
    expect(reconnectOnError?.(new Error("READONLY You can't write against a read only replica."))).toBe(true);
    const words = "ERR Error running script: @user_script:10: @user_script: 10: -READONLY You can't write";
    expect(reconnectOnError?.(new Error(words))).toBe(true);
    expect(reconnectOnError?.(new Error("OOM command not allowed"))).toBe(false);
  });
});

describe("a client of a cluster", () => {
  it("fails fast on every node and sends nothing again after a broken connection", () => {
    const options = clusterOptions({ password: "p", maxRetriesPerRequest: null }, 700);
    expect(options).toMatchObject({ enableOfflineQueue: false, retryDelayOnFailover: 0, lazyConnect: true });
    expect(options.redisOptions).toMatchObject({ password: "p", commandTimeout: 700, maxRetriesPerRequest: 0 });
  });

  it("always tries to connect again, after half a second at most", () => {
    const { clusterRetryStrategy } = clusterOptions({}, 700);
    expect([1, 1_000_000].map((attempt) => clusterRetryStrategy?.(attempt))).toEqual([50, 500]);
  });

  it("keeps the names of hosts if certificates name them", () => {
    expect(clusterOptions({}, 700)).not.toHaveProperty("dnsLookup");
    let found: unknown;
    clusterOptions({ tls: {} }, 700).dnsLookup?.("db.example", (_error, address) => (found = address));
    expect(found).toBe("db.example");
  });
});
