import { describe, expect, it } from "vitest";

import { catchError } from "../../test/catch-error.js";
import { ConfigError } from "./errors.js";
import { Faults } from "./faults.js";

const wrong = (field: string): ConfigError => new ConfigError(`${field} is wrong`, { field });

function thrownBy(...errors: readonly ConfigError[]): ConfigError {
  const faults = new Faults();
  for (const error of errors) faults.add(error);
  return catchError(() => faults.throwAny()) as ConfigError;
}

describe("gathered faults", () => {
  it("are no error if there is none, and the fault itself if there is one", () => {
    expect(() => new Faults().throwAny()).not.toThrow();
    const only = wrong("a");
    expect(thrownBy(only)).toBe(only);
  });

  it("are one error that lists them all, those of a listed error among them", () => {
    const error = thrownBy(wrong("a"), thrownBy(wrong("b"), wrong("c")));
    expect(error.message).toBe("3 faults:\n- a is wrong\n- b is wrong\n- c is wrong");
    expect(error).toMatchObject({ code: "CONFIG", field: "a" });
    expect(error.faults?.map(({ field }) => field)).toEqual(["a", "b", "c"]);
  });

  it("of a very wrong configuration are counted after the first twenty", () => {
    const error = thrownBy(...Array.from({ length: 25 }, (_, index) => wrong(`f${index}`)));
    expect(error.message).toMatch(/f19 is wrong\n- and 5 more$/);
    expect(error.faults).toHaveLength(25);
  });

  it("are ConfigErrors: any other error is thrown on", () => {
    const faults = new Faults();
    expect(faults.collect(() => 1)).toBe(1);
    expect(() =>
      faults.collect(() => {
        throw new TypeError("a bug");
      }),
    ).toThrow(TypeError);
    expect(() => faults.throwAny()).not.toThrow();
  });
});
