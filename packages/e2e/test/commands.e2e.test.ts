import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { scripts: Record<string, string> };
const programs = Object.values(scripts).flatMap((each) => /^node (packages\/\S+)/.exec(each)?.[1] ?? []);

describe("a command of the repository", () => {
  it("is among the programs of package.json", () => {
    expect(programs).toEqual(
      expect.arrayContaining([expect.stringContaining("/soak/"), expect.stringContaining("demo/")]),
    );
  });

  it.each(programs)("%s refuses a wrong option in one line, with its usage and exit code 2", (program) => {
    for (const wrong of ["--sede=7", "60"]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, wrong], { cwd: ROOT, encoding: "utf8" });
      const [problem, usage] = stderr.split("\n");
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(problem).toContain(`"${wrong}"`);
      expect(usage).toMatch(/^usage: npm /);
    }
  });
});
