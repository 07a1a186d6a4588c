import { describe, expect, it } from "vitest";

import { BeatxError } from "../base/errors.js";
import { decodeDefinition, type Definition, encodeDefinition } from "./definition.js";

const entry = { task: "t", schedule: "1s" };
const definitions = {
  entry: { kind: "entry", source: "api", effectiveFrom: 1, paused: false, overridden: false, entry },
  run: { kind: "run", of: "job", id: "x", requestedAt: 1, entry },
  removed: { kind: "removed", removedAt: 1 },
} satisfies Record<string, Definition>;

const read = (definition: object): Definition => decodeDefinition("job", JSON.stringify({ format: 1, ...definition }));

describe("a stored definition", () => {
  it.each(Object.values(definitions))("is read as it was written: %o", (definition) => {
    expect(decodeDefinition("job", encodeDefinition(definition))).toEqual(definition);
  });

  it("keeps the digest of a cursor that no longer counts", () => {
    const definition: Definition = { ...definitions.entry, ignoredCursor: "ab12" };
    expect(decodeDefinition("job", encodeDefinition(definition))).toEqual(definition);
  });

  const notInstants = [1.5, 1e14, -1e14, 1e18, 1e300, "1", null, undefined, true, []];
  it.each<[keyof typeof definitions, string, readonly unknown[]]>([
    ["entry", "effectiveFrom", notInstants],
    ["run", "requestedAt", notInstants],
    ["removed", "removedAt", notInstants],
    ["run", "id", ["", 1, null, undefined, {}]],
    ["run", "of", ["", 1, null, undefined, {}]],
    ["entry", "source", ["", 1, null, undefined, "file"]],
    ["entry", "paused", ["yes", 1, null]],
    ["entry", "overridden", ["no", 0, null]],
    ["entry", "entry", [null, undefined, [], "x", 1]],
  ])("of kind %s with a wrong %s is refused, with the field and the way out", (kind, field, values) => {
    for (const value of values) {
      const decode = (): Definition => read({ ...definitions[kind], [field]: value });
      expect(decode, String(value)).toThrow(BeatxError);
      expect(decode).toThrow(new RegExp(`^the stored definition of "job" cannot be read: its "${field}" is .*, not `));
      expect(decode).toThrow(
        /client\.put\("job", …\) writes it anew, client\.remove\("job"\) removes it \(beatx remove\); if it is in the configuration, restart/,
      );
    }
  });

  it.each([-1, 0, -99_999_999_999_999, 99_999_999_999_999])("takes the instant %d", (instant) => {
    expect(read({ ...definitions.entry, effectiveFrom: instant })).toMatchObject({ effectiveFrom: instant });
  });

  it.each([{ format: 2 }, { format: "x".repeat(100_000) }, { kind: "other" }, { kind: ["x".repeat(100_000)] }])(
    "of another format or kind is refused in a short message",
    (changes) => {
      const decode = (): Definition =>
        decodeDefinition("job", JSON.stringify({ format: 1, kind: "entry", ...changes }));
      expect(decode).toThrow(/cannot be read: its (?:format|kind) is .{1,300}$/);
    },
  );
});
