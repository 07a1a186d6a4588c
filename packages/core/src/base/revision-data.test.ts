import { describe, expect, it } from "vitest";

import { RevisionData } from "./revision-data.js";

describe("the data of a revision", () => {
  it("is kept with each key, apart from those of other users of the same key", () => {
    const [mine, others] = [new RevisionData<string>(), new RevisionData<string>()];
    const [first, second] = [{}, {}];
    expect(mine.keep(first, "one")).toBe("one");
    others.keep(first, "two");
    expect([first, second].map((key) => mine.get(key))).toEqual(["one", undefined]);
    expect(others.get(first)).toBe("two");
  });

  it("is not kept with a frozen key", () => {
    const data = new RevisionData<string>();
    const key = Object.freeze({});
    expect(data.keep(key, "one")).toBe("one");
    expect(data.get(key)).toBeUndefined();
  });

  it("does not show in the JSON or the keys of the object that holds it", () => {
    const key = {};
    new RevisionData<string>().keep(key, "one");
    expect([JSON.stringify(key), Object.keys(key)]).toEqual(["{}", []]);
  });
});
