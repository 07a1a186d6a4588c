import { describe, expect, it } from "vitest";

import type { ConfigError } from "../base/errors.js";
import { createBeat } from "./beat.js";
import type { BeatOptions } from "./options.js";
import { copyOptions, readSettings } from "./settings.js";

const base: BeatOptions = { store: "dummy:", publisher: () => Promise.resolve() };
const settings = (options: Partial<BeatOptions>): ReturnType<typeof readSettings> =>
  readSettings(copyOptions({ ...base, ...options }));

describe("settings", () => {
  it("have the documented defaults", () => {
    expect(settings({})).toMatchObject({
      namespace: "beatx",
      lockTtlMs: 15_000,
      maxLoopIntervalMs: 5_000,
      standbyPollMs: 3_000,
      renewEveryMs: 5_000,
      marginMs: 1_500,
      commandTimeoutMs: 2_000,
      publishTimeoutMs: 5_000,
      stallLimitMs: 30_000,
    });
  });

  it("hold the conditions of the lease for any ttl when only the ttl is given", () => {
    for (let lockTtlMs = 100; lockTtlMs < 100_000; lockTtlMs += 97) {
      const { renewEveryMs, commandTimeoutMs, publishTimeoutMs, marginMs, maxLoopIntervalMs } = settings({ lockTtlMs });
      expect(renewEveryMs + 2 * commandTimeoutMs + marginMs).toBeLessThanOrEqual(lockTtlMs);
      expect(publishTimeoutMs).toBeLessThan(lockTtlMs - marginMs - renewEveryMs);
      expect(maxLoopIntervalMs).toBeLessThan(lockTtlMs);
    }
  });

  it("refuse a lock that may end within one sleep of the loop, naming both", () => {
    expect(() => settings({ lockTtlMs: 5_000, maxLoopIntervalMs: 5_000 })).toThrow(
      /lockTtlMs \(5000\).*maxLoopIntervalMs \(5000\)/,
    );
  });

  it.each([
    [{ commandTimeoutMs: 5_000 }, "commandTimeoutMs"],
    [{ publishTimeoutMs: 9_000 }, "publishTimeoutMs"],
    [{ lockTtlMs: "15s" }, "lockTtlMs"],
    [{ lockTtlMs: 1.5 }, "lockTtlMs"],
    [{ namespace: "no spaces" }, "namespace"],
    [{ lockTTL: 3 }, "lockTTL"],
  ])("refuse %j by name", (options, field) => {
    expect(() => settings(options as Partial<BeatOptions>)).toThrow(
      expect.objectContaining({ code: "CONFIG", field }) as ConfigError,
    );
  });
});

describe("createBeat", () => {
  it.each([
    [{ schedule: { ping: { task: "t" } } }, "schedule.ping.schedule"],
    [{ schedule: { "@beatx/x": { task: "t", schedule: "1s" } } }, "schedule"],
    [{ schedule: [] }, "schedule"],
    [{ timezone: "Mars/Olympus" }, "timezone"],
  ])("refuses %j before anything is opened", (options, field) => {
    expect(() => createBeat({ ...base, ...(options as Partial<BeatOptions>) })).toThrow(
      expect.objectContaining({ code: "CONFIG", field }) as ConfigError,
    );
  });
});
