import { dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/base/errors.js";
import {
  checkTimezone,
  clocked,
  createBeat,
  createClient,
  crontab,
  interval,
  parseSchedule,
  planSchedule,
  silentLogger,
  simulate,
} from "../../src/index.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { world } from "../world.js";

/** Nested arrays, as deep as no parser follows. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

const cyclic: Record<string, unknown> = {};
cyclic["itself"] = cyclic;
const throwing = (): never => {
  throw new TypeError("not for you");
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** Values that no field of the API takes. */
const HOSTILE: readonly (readonly [string, unknown])[] = [
  ["a bigint", 1n],
  ["a symbol", Symbol("s")],
  ["NaN", Number.NaN],
  ["a huge number", 1e300],
  ["a fraction", 1.5],
  ["a negative number", -1],
  ["a function", (): number => 1],
  ["an invalid date", new Date(Number.NaN)],
  ["a cycle", cyclic],
  ["100 000 levels", nested(100_000)],
  ["a sparse array", new Array(3)],
  ["an array with undefined", [undefined]],
  ["a getter that throws", Object.defineProperty({}, "type", { enumerable: true, get: throwing })],
  ["a toJSON that throws", { toJSON: throwing }],
  ["a proxy that throws", new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing, has: throwing })],
  ["a proxy of a date", new Proxy(new Date(0), {})],
  ["a revoked proxy", revoked.proxy],
  ["an instance", new Map([[1, 2]])],
  ["10 MB of text", "x".repeat(10_000_000)],
  ["half of a surrogate pair", "\ud800"],
  ["an object with its prototype as a field", JSON.parse('{"__proto__":{"polluted":true}}') as unknown],
];

const good = { task: "t", schedule: "1s" };
const clock = new FakeClock(0);
const beat = (options: object): unknown =>
  createBeat({ store: "dummy://x", publisher: () => Promise.resolve(), logger: silentLogger, clock, ...options });
const client = (options: object): unknown =>
  createClient({ store: dummyStore({ name: "hostile", clock }), clock, ...options });
const span = { from: 0, to: 1_000 };

type Place = readonly [field: string, use: (value: never) => unknown, accepted?: readonly string[]];

const TEXTS = ["10 MB of text", "half of a surrogate pair"];
/** They have no field of a configuration, so nothing of them is read. */
const OBJECTS = ["a cycle", "a getter that throws", "a toJSON that throws", "an object with its prototype as a field"];

/** Where a value enters. `accepted`: the hostile values that are right there. */
const PLACES: readonly Place[] = [
  ["options of createBeat", (value) => createBeat(value)],
  ["options of createClient", (value) => createClient(value)],
  ...(["task", "description"] as const).map((field): Place => [
    `entry.${field}`,
    (value) => beat({ schedule: { a: { ...good, [field]: value } } }),
    TEXTS,
  ]),
  ...["schedule", "enabled", "missed", "deadlineMs", "maxCatchUp", "maxRuns", "startAt", "endAt"].map(
    (field): Place => [
      `entry.${field}`,
      (value) => beat({ schedule: { a: { ...good, [field]: value } } }),
      ["a negative number"],
    ],
  ),
  ...["firstRun", "whenDone", "jitterMs", "spreadMs", "expiresMs"].map((field): Place => [
    `entry.${field}`,
    (value) => beat({ schedule: { a: { ...good, [field]: value } } }),
  ]),
  ["entry.tags", (value) => beat({ schedule: { a: { ...good, tags: value } } })],
  ["entry.tags[0]", (value) => beat({ schedule: { a: { ...good, tags: [value] } } })],
  ...["args", "kwargs", "options"].map((field): Place => [
    `entry.${field}`,
    (value) => beat({ schedule: { a: { ...good, [field]: value } } }),
    ["an object with its prototype as a field"],
  ]),
  [
    "entry.args[0]",
    (value) => beat({ schedule: { a: { ...good, args: [value] } } }),
    ["a huge number", "a fraction", "a negative number", ...TEXTS, "an object with its prototype as a field"],
  ],
  ["entry", (value) => beat({ schedule: { a: value } })],
  ["schedule of createBeat", (value) => beat({ schedule: value })],
  ...[
    "configVersion",
    "lockTtlMs",
    "maxLoopIntervalMs",
    "standbyPollMs",
    "commandTimeoutMs",
    "publishTimeoutMs",
    "stopTimeoutMs",
    "namespace",
    "timezone",
    "delivery",
  ].map((field): Place => [`createBeat ${field}`, (value) => beat({ [field]: value })]),
  ...["logger", "clock", "stores", "publishers", "scheduleTypes"].map((field): Place => [
    `createBeat ${field}`,
    (value) => beat({ [field]: value }),
  ]),
  ["createBeat random", (value) => beat({ random: value }), ["a function"]],
  ["createBeat from", (value) => beat({ from: value }), TEXTS],
  ["createBeat handlers", (value) => beat({ publisher: undefined, handlers: value }), ["a toJSON that throws"]],
  ...["namespace", "timezone", "commandTimeoutMs", "scheduleTypes", "stores", "clock"].map((field): Place => [
    `createClient ${field}`,
    (value) => client({ [field]: value }),
  ]),
  ["crontab", (value) => crontab(value)],
  ["crontab minute", (value) => crontab({ minute: value })],
  ["crontab timezone", (value) => crontab("* * * * *", { timezone: value })],
  ["crontab dayMatch", (value) => crontab("* * * * *", { dayMatch: value })],
  ["interval", (value) => interval(value)],
  ["interval anchor", (value) => interval("1s", { anchor: value }), ["a negative number"]],
  ["interval relative", (value) => interval("1s", { relative: value })],
  ["clocked", (value) => clocked(value), ["a negative number"]],
  ["parseSchedule", (value) => parseSchedule(value)],
  ["parseSchedule type", (value) => parseSchedule({ type: value })],
  ["parseSchedule everyMs", (value) => parseSchedule({ type: "interval", everyMs: value })],
  ["parseSchedule expression", (value) => parseSchedule({ type: "crontab", expression: value })],
  ["parseSchedule at", (value) => parseSchedule({ type: "clocked", at: value }), ["a negative number"]],
  ["checkTimezone", (value) => checkTimezone(value)],
  ["simulate", (value) => simulate(value, span)],
  ["options of simulate", (value) => simulate({ a: good }, value)],
  ["simulate from", (value) => simulate({ a: good }, { ...span, from: value }), ["a negative number"]],
  ["simulate outages", (value) => simulate({ a: good }, { ...span, outages: value })],
  ["simulate entries", (value) => simulate({ a: good }, { ...span, entries: value })],
  ["planSchedule", (value) => planSchedule(value), OBJECTS],
  ["schedule of planSchedule", (value) => planSchedule({ schedule: value }), []],
];

const places = PLACES.map(([field, use, accepted = []]) => ({ field, use, accepted }));

it("takes the options and entries that the table below varies", () => {
  expect(beat({ schedule: { a: { ...good, args: [1], startAt: 0 } } })).toBeDefined();
  expect(client({ namespace: "a", timezone: "UTC" })).toBeDefined();
  expect(simulate({ a: good }, { ...span, outages: [], entries: ["a"] })).toHaveLength(1);
});

describe.each(places)("$field", ({ use, accepted }) => {
  it.each(HOSTILE.filter(([what]) => !accepted.includes(what)))(
    "refuses %s with a short ConfigError",
    (_what, value) => {
      let thrown: unknown;
      try {
        (use as (given: unknown) => unknown)(value);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toSatisfy(ConfigError.isInstance, String(thrown).slice(0, 300));
      expect((thrown as ConfigError).message.length).toBeLessThan(1_000);
      expect((thrown as ConfigError).field).toEqual(expect.any(String));
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );
});

describe("a method of a client", () => {
  const methods = ["get", "pause", "resume", "remove", "reset", "runNow", "next"] as const;
  it.each(HOSTILE)("refuses %s as a name, an entry, a condition or a length", async (what, value) => {
    const { client: open } = world();
    const calls: Promise<unknown>[] = [
      open.put(value as never, good),
      open.put("a", value as never),
      open.put("a", good, { ifRevision: value } as never),
      open.status(value as never),
      open.next("a", value as never),
    ];
    const isText = typeof value === "string";
    if (!isText) calls.push(...methods.map((method) => open[method](value as never)));
    for (const [index, call] of calls.entries()) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      const { code, message } = error as { code: string; message: string };
      // A text that is no revision does not match the stored one.
      expect(code, `${what}, call ${index}: ${message}`).toBe(isText && index === 2 ? "CONFLICT" : "CONFIG");
      expect(message.length).toBeLessThan(1_000);
    }
  });
});
