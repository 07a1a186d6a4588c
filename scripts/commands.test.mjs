import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readJson, root } from "./workspace.mjs";

const { scripts } = readJson("package.json");
const programs = [...new Set(Object.values(scripts).flatMap((each) => each.match(/(?<=^node )\S+/) ?? []))];
const ofScripts = programs.filter((each) => each.startsWith("scripts/"));

it("every command of package.json that runs a script is known", () => {
  expect(ofScripts).toContain("scripts/test-all.mjs");
  expect(ofScripts.filter((each) => !existsSync(join(root, each)))).toEqual([]);
});

it.each(ofScripts)(
  "%s refuses an option that it does not know in one line, with its usage and exit code 2",
  (program) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--sede=7"], {
      cwd: root,
      encoding: "utf8",
    });
    const [problem, usage] = stderr.split("\n");
    expect({ status, stdout, problem }).toEqual({ status: 2, stdout: "", problem: 'there is no option "--sede=7"' });
    expect(usage).toMatch(/^usage: (npm|node) /);
  },
);

const needing = {
  "test:unit": "",
  "test:integration": " --build --servers",
  "test:e2e": " --build --servers",
  build: "",
  "check-types": "",
  lint: "",
};

it.each(Object.entries(needing))("in a fresh clone npm run %s prepares first what it needs", (name, options) => {
  expect(scripts[`pre${name}`]).toBe(`node scripts/bootstrap.mjs${options}`);
});
