import { describe, expect, it } from "vitest";

import type { ConfigError } from "../base/errors.js";
import { catchError } from "../../test/catch-error.js";
import { createBeat } from "./beat.js";
import type { BeatOptions } from "./options.js";
import { readOptions } from "./read-options.js";
import type { Settings } from "./settings.js";

const base: BeatOptions = { store: "dummy:", publisher: () => Promise.resolve() };
const settings = (options: Partial<BeatOptions>): Settings => readOptions({ ...base, ...options }).settings;

describe("a configuration with several faults", () => {
  it("is answered with all of them at once", () => {
    const given = {
      colour: 1,
      taste: 2,
      store: "",
      namespace: "",
      timezone: "Mars/Olympus",
      delivery: "maybe",
      lockTtlMs: -1,
      stopTimeoutMs: "soon",
      schedule: {
        "": { task: "a", schedule: "@daily" },
        minutes: { task: "", schedule: "99 * * * *", priorty: 1, missed: "never", args: 1, startAt: "soon" },
        right: { task: "a", schedule: "@daily" },
      },
    };
    const error = catchError(() => createBeat(given as unknown as BeatOptions)) as ConfigError;
    expect(error.message.split("\n").map((line) => line.slice(0, 45))).toMatchInlineSnapshot(`
      [
        "15 faults:",
        "- unknown fields "colour", "taste" in the opt",
        "- store is "": expected a URI, or a store",
        "- namespace is "": expected 1 to 100 letters,",
        "- lockTtlMs is -1: expected a whole number, a",
        "- stopTimeoutMs is "soon": expected a whole n",
        "- delivery is "maybe": expected "at-least-onc",
        "- timezone "Mars/Olympus" is not a time zone:",
        "- schedule: the entry name "" must be a non-e",
        "- unknown field "schedule.minutes.priorty" in",
        "- schedule.minutes.task is "": expected a non",
        "- schedule.minutes.schedule: crontab minute "",
        "- schedule.minutes.args is 1: expected an arr",
        "- schedule.minutes.missed is "never": expecte",
        "- schedule.minutes.startAt "soon" is not an i",
        "- name a publisher or handlers: neither is gi",
      ]
    `);
    expect(error.faults).toHaveLength(15);
  });

  it("names a store and a publisher whose URI cannot be read, and a value that is none, with the others", () => {
    const wrong = (given: object): string[] =>
      (catchError(() => createBeat({ ...base, namespace: "", ...given })) as ConfigError).message.split("\n").slice(1);
    expect(wrong({ store: "redis://:secret@127.0.0.1:0", publisher: "celery+amqp://u:sec/ret@h" })).toEqual([
      expect.stringMatching(/^- namespace is/),
      expect.stringMatching(/^- store: cannot read the host in the URI redis:.*a port from 1 to 65535/),
      expect.stringMatching(
        /^- publisher: cannot read the URI "celery\+amqp:\/\/\*\*\*": write "\/" and "\?" in a password as/,
      ),
    ]);
    expect(wrong({ store: "127.0.0.1", publisher: 5 })).toEqual([
      "- publisher is a number: expected a URI, a publisher or a function",
      expect.stringMatching(/^- namespace is/),
      expect.stringMatching(/^- the store is not a URI: its scheme is missing; expected scheme:…, such as redis:/),
    ]);
  });

  it("leaves the rules of a URI to the provider that the application passes for it", () => {
    const provider = { schemes: ["redis"], open: () => Promise.reject(new Error("not opened")) };
    expect(settings({ store: "redis://#own?rules", stores: [provider] }).namespace).toBe("beatx");
  });

  it("does not blame a condition on a default that stands for a wrong option", () => {
    const error = catchError(() => settings({ lockTtlMs: 100, maxLoopIntervalMs: 0 })) as ConfigError;
    expect(error.message).toMatch(/^maxLoopIntervalMs is 0: expected [^\n]*$/);
  });
});

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
