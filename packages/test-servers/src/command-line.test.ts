import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { decimalNumber, flag, namesOf, readCommandLine, text, wholeNumber } from "@beatx/test-servers/command-line";
import { describe, expect, it } from "vitest";

const MODULE = pathToFileURL(createRequire(import.meta.url).resolve("@beatx/test-servers/command-line")).href;
const command = {
  usage: "npm run x -- [--count N]\n  more of it",
  options: {
    count: wholeNumber(1, 3),
    minutes: decimalNumber(0, null),
    only: namesOf(["a", "b"], null),
    file: text("a path", undefined),
    record: flag,
  },
  names: ["unit", "lint"],
};
const read = (...args: string[]): object => readCommandLine(args, command);

describe("a command line of the repository", () => {
  it("has the fallback of each option that is not given", () => {
    expect(read()).toEqual({ count: 3, minutes: null, only: null, file: undefined, record: false, names: [] });
  });

  it("gives each value, as a word of its own or after =", () => {
    const given = read(
      "--count",
      "7",
      "unit",
      "--minutes=0.5",
      "--only",
      "b,a",
      "--file",
      "/tmp/x",
      "--record",
      "lint",
    );
    const expected = {
      count: 7,
      minutes: 0.5,
      only: ["b", "a"],
      file: "/tmp/x",
      record: true,
      names: ["unit", "lint"],
    };
    expect(given).toEqual(expected);
  });

  it.each([
    [["--what"], 'there is no option "--what"'],
    [["--what=7"], 'there is no option "--what=7"'],
    [["-c", "7"], 'there is no option "-c"'],
    [["--constructor"], 'there is no option "--constructor"'],
    [["--count"], "--count has no value: expected a whole number, at least 1"],
    [["--count", "--record"], "--count has no value: expected a whole number, at least 1"],
    [["--count", "x"], '--count is "x": expected a whole number, at least 1'],
    [["--count="], '--count is "": expected a whole number, at least 1'],
    [["--count", "0"], '--count is "0": expected a whole number, at least 1'],
    [["--count", "1.5"], '--count is "1.5": expected a whole number, at least 1'],
    [["--count", "1e99"], '--count is "1e99": expected a whole number, at least 1'],
    [["--minutes", "-1"], '--minutes is "-1": expected a number, at least 0'],
    [["--minutes", "Infinity"], '--minutes is "Infinity": expected a number, at least 0'],
    [["--only", "a,c"], '--only is "a,c": expected names of a, b, separated by commas'],
    [["--file", " "], '--file is " ": expected a path'],
    [["--record=yes"], '--record is "yes": it takes no value'],
    [["unti"], '"unti" is not known here: expected unit, lint'],
  ])("that is %j is refused in one line, with the usage", (args, problem) => {
    expect(() => read(...args)).toThrow(
      expect.objectContaining({ message: `${problem}\nusage: ${command.usage}` }) as Error,
    );
  });

  it("has no words if the command knows none", () => {
    const message = '"60" is not known here: it belongs to no option\nusage: x';
    expect(() => readCommandLine(["60"], { usage: "x" })).toThrow(message);
  });
});

describe("a process with a command line", () => {
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
    const code = `import { flag, orUsage, readCommandLine } from ${JSON.stringify(MODULE)};
      const values = orUsage(() => readCommandLine(process.argv.slice(1), { usage: "x [--record]", options: { record: flag } }));
      console.log(JSON.stringify(values));`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code, "--", ...args], {
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };

  it("goes on with the values if it is right", () => {
    expect(run("--record")).toEqual({ status: 0, stdout: '{"record":true,"names":[]}\n', stderr: "" });
  });

  it("ends with exit code 2 and without a stack trace if it is wrong", () => {
    const stderr = 'there is no option "--what"\nusage: x [--record]\n';
    expect(run("--what")).toEqual({ status: 2, stdout: "", stderr });
  });

  it("shows the usage if it is asked to, whatever else is given", () => {
    for (const args of [["--help"], ["-h"], ["--what", "--help"]])
      expect(run(...args)).toEqual({ status: 0, stdout: "usage: x [--record]\n", stderr: "" });
  });
});
