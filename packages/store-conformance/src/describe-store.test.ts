import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { dummyStore } from "@beatx/store-dummy";
import { describe, it } from "vitest";
import { dummySubject } from "../test/dummy-subject.js";
import type { StoreUnderTest } from "./cases/conformance-case.js";
import { conformanceCases } from "./cases/all-cases.js";
import { describeStore, type TestRunner } from "./describe-store.js";
import { runCase } from "./run-case.js";

type Body = Parameters<TestRunner["it"]>[1];

/** Declares the suite on a runner that runs nothing; returns the bodies by `topic > name`. */
function declare(subject: StoreUnderTest): Map<string, Body> {
  const declared = new Map<string, Body>();
  let suite = "";
  describeStore(
    {
      describe(name, body) {
        suite = name;
        body();
      },
      it: (name, body) => declared.set(`${suite} > ${name}`, body),
    },
    subject,
  );
  return declared;
}

const hintCase = "store contract: watch > a watching node gets a hint when another node changes a definition";

describe("describeStore", () => {
  it("declares every case under its topic", () => {
    const expected = conformanceCases.map(({ topic, name }) => `store contract: ${topic} > ${name}`);
    assert.deepEqual([...declare(dummySubject()).keys()].sort(), expected.sort());
  });

  it("skips the cases about what the store does not offer, and no others", async () => {
    const declared = declare(dummySubject(() => ({ watch: undefined }) as object));
    const skipped: string[] = [];
    const run = (name: string): Promise<void> => declared.get(name)!({ skip: () => skipped.push(name) });
    await run(hintCase);
    await run("store contract: lease > a repeated release returns false and leaves the next leader its lease");
    assert.deepEqual(skipped, [hintCase]);
  });

  it("works with runners that give their tests no context", async () => {
    const declared = declare(dummySubject(() => ({ watch: undefined }) as object));
    await assert.doesNotReject(declared.get(hintCase)!());
  });

  it("works with node:test", async () => {
    const file = (name: string): string => fileURLToPath(new URL(`../test/${name}`, import.meta.url));
    const hooks = JSON.stringify(new URL("../test/typescript-hooks.mjs", import.meta.url).href);
    const register = `data:text/javascript,import { register } from "node:module"; register(${hooks});`;
    const flags = ["--conditions=beatx-source", "--test-reporter=tap", "--import", register];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file("under-node-test.ts")], { env });
    const passed = conformanceCases.filter(({ topic }) => topic === "changes").length;
    const skipped = conformanceCases.filter(({ topic }) => topic === "watch").length;
    assert.match(stdout, new RegExp(`^# pass ${passed}$`, "m"));
    assert.match(stdout, new RegExp(`^# skipped ${skipped}$`, "m"));
    assert.match(stdout, /^# fail 0$/m);
  });
});

describe("runCase", () => {
  it("closes every client that was opened, even when the case fails", async () => {
    const closed: string[] = [];
    const subject: StoreUnderTest = {
      open: async (namespace) => ({ ...dummyStore({ namespace }), close: async () => void closed.push(namespace) }),
    };
    const failing = {
      topic: "lease",
      name: "fails",
      run: async ({ open }: { open: (other?: string) => Promise<unknown> }) => {
        await open("elsewhere");
        throw new Error("the case failed");
      },
    } as const;
    await assert.rejects(runCase(failing, subject), /the case failed/);
    assert.equal(closed.length, 3);
    assert.equal(new Set(closed).size, 2);
  });

  it("demands the outbox probe when the store has an outbox", async () => {
    const { open } = dummySubject();
    const outboxCase = conformanceCases.find(({ topic }) => topic === "outbox")!;
    await assert.rejects(runCase(outboxCase, { open }), /give describeStore an `outbox` probe/);
  });
});
