import { describe, expect, it } from "vitest";

import { atOnce } from "../base/slices.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { fingerprinting, isOlder, readAppRecord, recordToWrite } from "./app-record.js";
import { readConfigEntries } from "./configuration.js";
import { type AppDefinition, encodeDefinition } from "./definition.js";
import type { EntryInput } from "./entry.js";

const record = (fields: Partial<AppDefinition> = {}): AppDefinition => ({
  kind: "app",
  configVersion: null,
  startedAt: 1_000,
  fingerprint: "a",
  publisher: "celery+redis",
  ...fields,
});

const stored = (definition: string, before?: ReturnType<typeof readAppRecord>) =>
  readAppRecord({ name: "@beatx/app/a", revision: "1", definition, cursor: null }, before);

describe("the fingerprint of a configuration", () => {
  const of = (schedule: Record<string, EntryInput>, timezone = "UTC"): string =>
    atOnce(fingerprinting(readConfigEntries({ schedule, app: "a" }, ruleParser(timezone))!));
  const [one, other] = [
    { task: "t", schedule: "1m" },
    { task: "t", schedule: "0 7 * * *" },
  ];

  it("is the same in any order and in any writing, and without entries, too", () => {
    expect(of({ one, other })).toBe(of({ other: { ...other, args: [] }, one: { ...one, schedule: "60s" } }));
    expect(of({})).toBe(of({}));
  });

  it("differs if anything of an entry does", () => {
    const all = [
      of({}),
      of({ one }),
      of({ other: one }),
      of({ one: other }),
      of({ one: other }, "Europe/Berlin"),
      of({ one: { ...one, args: [1] } }),
      of({ one, other: one }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("of two configurations of an application", () => {
  it("the higher version is newer, then the later start, and one of them always is", () => {
    const ascending = [
      record({ fingerprint: "zz" }),
      record({ startedAt: 2_000, fingerprint: "y" }),
      record({ startedAt: 2_000, fingerprint: "z" }),
      record({ configVersion: 0, startedAt: 1, fingerprint: "c" }),
      record({ configVersion: 0, startedAt: 5, fingerprint: "b" }),
      record({ configVersion: 7, startedAt: 0, fingerprint: "a" }),
    ];
    ascending.forEach((own, index) => {
      ascending.forEach((recorded, other) => expect(isOlder(own, recorded)).toBe(index < other));
      expect(isOlder(own, null)).toBe(false);
    });
  });

  it("neither is older if they are equal, and the record keeps the later start", () => {
    const recorded = stored(encodeDefinition(record({ startedAt: 2_000 })));
    expect(isOlder(record(), recorded.definition)).toBe(false);
    expect(recordToWrite(record(), recorded)).toBeNull();
    expect(recordToWrite(record({ startedAt: 3_000 }), recorded)).toMatchObject({ startedAt: 3_000 });
  });
});

describe("the record of an application", () => {
  it("keeps the publisher if a client, which has none, writes it", () => {
    const recorded = stored(encodeDefinition(record()));
    const written = recordToWrite(record({ startedAt: 3_000, fingerprint: "b", publisher: null }), recorded);
    expect(written).toEqual(record({ startedAt: 3_000, fingerprint: "b" }));
  });

  it.each([
    "{",
    "[]",
    '{"format":2,"kind":"app"}',
    '{"format":1,"kind":"app","startedAt":"x","fingerprint":"a"}',
    "null",
  ])("%s: is broken, known as it was before, and written anew", (text) => {
    const known = stored(encodeDefinition(record({ configVersion: 7 })));
    expect(stored(text)).toMatchObject({ isBroken: true, definition: null });
    const broken = stored(text, known);
    expect(broken).toMatchObject({ isBroken: true, definition: { configVersion: 7 } });
    expect(recordToWrite(record(), broken)).toEqual(record({ configVersion: 7 }));
    expect(recordToWrite(record(), stored(text))).toEqual(record());
  });

  it("of an older build, without a version and a publisher, is read", () => {
    const { definition } = stored('{"format":1,"kind":"app","startedAt":5,"fingerprint":"a"}');
    expect(definition).toEqual(record({ startedAt: 5, publisher: null }));
  });
});
