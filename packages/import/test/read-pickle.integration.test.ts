import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { runPython } from "../src/celery/run-python.js";

/** The interpreter that has the distribution's packages; another `python3` may come first on the path. */
const PYTHON = "/usr/bin/python3";
const COMPRESSED = 8;

/** The pickle of a Python expression, in base64. */
async function pickleOf(expression: string, protocol: number): Promise<string> {
  const script = `import base64, datetime, decimal, os, pickle, uuid, zlib
class Evil:
    def __reduce__(self):
        return (os.system, ("echo run",))
print(base64.b64encode(pickle.dumps(${expression}, ${protocol})).decode())`;
  return (await promisify(execFile)(PYTHON, ["-c", script])).stdout.trim();
}

const read = (input: string, flags = 1): Promise<string> =>
  runPython("read_pickle.py", { python: PYTHON, cwd: "/", args: [String(flags)], input });

const SCHEDULE = `{"h\\u00e9": {"task": "t", "args": (1, "x", datetime.datetime(2026, 1, 2)), "kwargs": {"d": decimal.Decimal("1.5")}}}`;

describe("the pickles that Python's memcached clients write", () => {
  it.each([0, 1, 2, 3, 4, 5])("are read: protocol %i", async (protocol) => {
    const [{ name, entry }] = JSON.parse(await read(await pickleOf(SCHEDULE, protocol))) as [
      { name: string; entry: { args: unknown[]; kwargs: object } },
    ];
    expect([name, entry.args.slice(0, 2)]).toEqual(["hé", [1, "x"]]);
    expect(JSON.stringify(entry.args[2])).toContain("2026-01-02T00:00:00");
    expect(JSON.stringify(entry.kwargs)).toContain("1.5");
  });

  it("may be compressed", async () => {
    const script = `import base64, pickle, zlib; print(base64.b64encode(zlib.compress(pickle.dumps({"a": {}}))).decode())`;
    const { stdout } = await promisify(execFile)(PYTHON, ["-c", script]);
    expect(JSON.parse(await read(stdout, 1 | COMPRESSED))).toEqual([{ name: "a", entry: {} }]);
  });

  it("run no code", async () => {
    await expect(read(await pickleOf('{"a": Evil()}', 2))).rejects.toThrow(/cannot be unpickled.*posix\.system/);
    await expect(read("AAAA")).rejects.toThrow("cannot be unpickled");
    await expect(read(await pickleOf("[1]", 2))).rejects.toThrow("the schedule is a list, not a dict");
  });

  it("have entries that are refused alone, if JSON cannot carry them", async () => {
    const schedule = `{"a": {"args": ({1, 2},)}, "b": {"args": (2**60,)}, "c": {"args": (float("nan"),)}, "d": {}}`;
    expect(JSON.parse(await read(await pickleOf(schedule, 5)))).toEqual([
      { name: "a", refused: expect.stringContaining("set is not JSON serializable") },
      { name: "b", refused: expect.stringContaining("1152921504606846976") },
      { name: "c", refused: expect.stringContaining("NaN is not JSON") },
      { name: "d", entry: {} },
    ]);
  });
});
