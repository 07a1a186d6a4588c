import { describe, expect, it } from "vitest";
import { workNames, worksNamed, worksOf } from "./index.js";

describe.each(["quick", "full"] as const)("the works of the %s form", (form) => {
  const works = worksOf(form);

  it("have names of their own, and cells and targets with names of their own", () => {
    const all = [
      works.map(({ name }) => name),
      ...works.map(({ cells }) => cells.map(({ id }) => id)),
      ...works.map(({ targets }) => targets.map(({ says }) => says)),
    ];
    expect(all.filter((names) => new Set(names).size < names.length)).toEqual([]);
  });

  it("compare only cells that they run", () => {
    const wrong = works.flatMap(({ name, cells, columns, targets }) => {
      const ids = cells.map(({ id }) => id);
      const named = [
        ...columns.map(({ against }) => against),
        ...targets.flatMap(({ cell, against }) => [cell, against]),
      ];
      return named.filter((id) => id !== undefined && !ids.includes(id)).map((id) => `${name}: ${id}`);
    });
    expect(wrong).toEqual([]);
  });

  it("have targets with one bound each", () => {
    const bounds = works.flatMap(({ targets }) => targets.map(({ atLeast, atMost }) => [atLeast, atMost].filter((each) => each !== undefined).length)); // prettier-ignore
    expect(bounds.filter((count) => count !== 1)).toEqual([]);
    expect(works.filter(({ targets }) => targets.length === 0)).toEqual([]);
  });
});

describe("a name of --only", () => {
  const names = (name: string): string[] => worksNamed(worksOf("full"), name).map((work) => work.name);

  it("means the work, or a family of works", () => {
    expect(names("load")).toEqual(["load"]);
    expect(names("burst")).toEqual(["burst-1k", "burst-10k"]);
    expect(names("lateness")).toEqual(["lateness-100", "lateness-1000"]);
    expect(names("burst-1")).toEqual([]);
  });

  it("is known, whether it means one work or several", () => {
    expect(workNames()).toEqual(expect.arrayContaining(["burst", "burst-1k", "lateness", "take-over", "client"]));
    expect(workNames().filter((name) => names(name).length === 0)).toEqual([]);
    expect(workNames()).not.toContain("hot");
  });
});
