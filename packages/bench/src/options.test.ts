import { describe, expect, it } from "vitest";
import { readOptions } from "./options.js";

const names = (args: readonly string[]): string[] => readOptions(args).works.map(({ name }) => name);

describe("the options of bench", () => {
  it("are the quick form by default, which leaves out what takes long", () => {
    const { form, record, rounds, command } = readOptions([]);
    expect({ form, record, rounds, command }).toEqual({
      form: "quick",
      record: false,
      rounds: null,
      command: "npm run bench",
    });
    expect(names([])).toContain("burst-1k");
    expect(names([])).not.toContain("client");
    expect(names(["--full"])).toContain("client");
  });

  it("name works, also those that the quick form leaves out, and families of them", () => {
    expect(names(["--only", "client,burst"])).toEqual(["burst-1k", "burst-10k", "client"]);
    expect(names(["--only", "burst-1k,burst"])).toEqual(["burst-1k", "burst-10k"]);
  });

  it("are repeated by the command that the figures name", () => {
    const { command, rounds } = readOptions(["--only", "load", "--rounds", "7", "--record", "--full"]);
    expect([command, rounds]).toEqual(["npm run bench -- --full --only load --rounds 7", 7]);
  });

  it.each([
    [["--only", "brust"], '--only is "brust": expected names of burst, '],
    [["--rounds", "0"], '--rounds is "0": expected a whole number, at least 1'],
    [["--fast"], 'there is no option "--fast"'],
    [["load"], '"load" is not known here'],
  ])("%j are refused with the reason and the usage", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
    expect(() => readOptions(args)).toThrow("usage: npm run bench");
  });
});
