import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { describe, it } from "vitest";
import { checkOptions, paceOf, type HammerOptions } from "./options.js";

const store = { module: "/opt/store.mjs" };

describe("checkOptions", () => {
  it("fills in defaults, with a new seed and a new namespace each time", () => {
    const settings = checkOptions({ store });
    assert.deepEqual(settings.stores, [
      { module: "file:///opt/store.mjs", open: "storeProvider", uri: "", options: {} },
    ]);
    assert.equal(settings.workers, 4);
    assert.equal(settings.durationMs, 60_000);
    assert.notEqual(checkOptions({ store }).namespace, settings.namespace);
    assert.ok(Number.isInteger(settings.seed));
  });

  it("accepts a module as a URL, as the text of a file URL, and as a path from the working directory", () => {
    const found = (module: URL | string) => checkOptions({ store: { module } }).stores[0]!.module;
    assert.equal(found(new URL("file:///opt/store.mjs")), "file:///opt/store.mjs");
    assert.equal(found("file:///opt/store.mjs"), "file:///opt/store.mjs");
    assert.equal(found("dist/store.mjs"), pathToFileURL("dist/store.mjs").href);
  });

  const wrong: readonly [Partial<HammerOptions>, RegExp][] = [
    [{ store: [] }, /^store is \[\]: name at least one$/],
    [
      { store: { ...store, options: { client: () => undefined } } },
      /^store\.options cannot be copied: .* no functions/,
    ],
    [{ workers: 1 }, /^workers is 1: expected a whole number, at least 2$/],
    [{ durationMs: 1.5 }, /^durationMs is 1.5: /],
    [{ ttlMs: 5 }, /^ttlMs is 5: /],
    [{ commandTimeoutMs: 0 }, /^commandTimeoutMs is 0: /],
    [{ seed: 2 ** 32 }, /^seed is 4294967296: expected a whole number, at least 0, at most 4294967295$/],
  ];
  it.each(wrong)("refuses %j", (options, message) => {
    assert.throws(() => checkOptions({ store, ...options }), { code: "CONFIG", message });
  });
});

describe("paceOf", () => {
  const unset = { ttlMs: undefined, commandTimeoutMs: undefined };

  it("derives the times of a lease as core does", () => {
    assert.deepEqual(paceOf(unset, 1), { ttlMs: 240, marginMs: 48, renewEveryMs: 80, commandTimeoutMs: 56 });
    assert.equal(paceOf({ ...unset, ttlMs: 15_000 }, 1).marginMs, 1500);
    assert.equal(paceOf({ ...unset, ttlMs: 6_000 }, 1).marginMs, 1000);
  });

  it("gives the lease at least the store's lockResolutionMs, unless ttlMs is given", () => {
    assert.equal(paceOf(unset, 1000).ttlMs, 1000);
    assert.equal(paceOf({ ttlMs: 500, commandTimeoutMs: 30 }, 1000).ttlMs, 500);
    assert.equal(paceOf({ ttlMs: 500, commandTimeoutMs: 30 }, 1000).commandTimeoutMs, 30);
  });
});
