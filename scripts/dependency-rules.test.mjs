import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findDependencyProblems } from "./dependency-problems.mjs";
import {
  findLicenceProblems,
  findPinProblems,
  findScriptProblems,
  findSpecifierProblems,
} from "./dependency-rules.mjs";
import { readDependencies, readYaml } from "./read-dependencies.mjs";
import { listPackages } from "./workspace.mjs";

const PINNED = { resolution: { integrity: "sha512-AAAA" } };

describe("the lock file", () => {
  it("is fine if each package has a version and the hash of its contents", () => {
    const packages = { "yaml@2.9.1": PINNED, "@scope/name@1.0.0-rc.1": PINNED };
    expect(findPinProblems({ packages })).toEqual([]);
  });

  it.each([
    ["yaml@2.9.1", { resolution: {} }, "yaml@2.9.1 has no sha512 integrity"],
    ["yaml@2.9.1", { resolution: { integrity: "sha1-AAAA" } }, "no sha512 integrity"],
    ["yaml@2.9.1", { resolution: { ...PINNED.resolution, tarball: "https://host/x.tgz" } }, "(its tarball is named)"],
    ["yaml@git+https://host/yaml#1234", { resolution: { type: "git" } }, "expected a package with its version"],
    ["yaml@https://host/x.tgz", PINNED, "expected a package with its version"],
    ["yaml@file:../yaml", { resolution: { type: "directory" } }, "expected a package with its version"],
  ])("with %s as %j is refused", (id, entry, problem) => {
    expect(findPinProblems({ packages: { [id]: entry } })[0]).toContain(problem);
  });

  const asked = (group, specifier) =>
    findSpecifierProblems({ importers: { "packages/a": { [group]: { x: { specifier } } } } });

  it.each(["^1.2.3", "~1.0", "1.2.3", ">=1 <2", "catalog:", "workspace:*", "^5.81.0 || ^6.0.0"])(
    "may ask for %s",
    (range) => {
      expect(asked("dependencies", range)).toEqual([]);
    },
  );

  it.each([
    "latest",
    "*",
    "github:a/b",
    "a/b",
    "git+ssh://git@host/a.git",
    "https://host/a.tgz",
    "file:../a",
    "link:../a",
  ])("may not ask for %s", (specifier) => {
    expect(asked("dependencies", specifier)).toEqual([
      `packages/a/package.json: dependencies.x is "${specifier}": name versions`,
    ]);
  });

  it("may name a second version of a package for tests alone", () => {
    expect(asked("devDependencies", "npm:bullmq@^5.81.5")).toEqual([]);
    expect(asked("dependencies", "npm:bullmq@^5.81.5")).toHaveLength(1);
  });
});

describe("licences", () => {
  const found = (license, read = {}) => findLicenceProblems([{ id: "x@1.0.0", manifest: { license } }], read);

  it.each(["MIT", "Apache-2.0", "(MIT OR GPL-3.0)", "GPL-3.0 OR ISC", "MIT AND BSD-3-Clause"])(
    "%s is allowed",
    (licence) => {
      expect(found(licence)).toEqual([]);
    },
  );

  it.each([
    "GPL-3.0",
    "AGPL-3.0-only",
    "MIT AND GPL-3.0",
    "SEE LICENSE IN x",
    "UNLICENSED",
    undefined,
    { type: "MIT" },
  ])("%j is a problem that names the package", (licence) => {
    expect(found(licence)[0]).toMatch(/^x@1\.0\.0 has /);
  });

  it("may be read by somebody, for one version, as long as that is installed", () => {
    expect(found(undefined, { "x@1.0.0": "MIT, in LICENSE" })).toEqual([]);
    expect(found("MIT", { "x@0.9.0": "MIT, in LICENSE" })).toEqual([
      expect.stringContaining("READ_LICENCES names x@0.9.0"),
    ]);
  });
});

describe("install scripts", () => {
  const compiled = {
    id: "lmdb@3.5.6",
    manifest: { name: "lmdb", scripts: { install: "node-gyp-build" } },
    hasBinding: true,
  };
  const allowed = { lmdb: "a reason" };

  it("of named packages are fine while the workspace does not run them", () => {
    expect(findScriptProblems([compiled], ["lmdb"], allowed)).toEqual([]);
    expect(findScriptProblems([compiled], [], allowed)).toEqual([expect.stringContaining("lacks lmdb")]);
  });

  it.each(["preinstall", "install", "postinstall"])("of others are a problem: %s", (script) => {
    const other = { id: "x@1.0.0", manifest: { name: "x", scripts: { [script]: "node x.js" } }, hasBinding: false };
    expect(findScriptProblems([compiled, other], ["lmdb"], allowed)).toEqual([
      `x@1.0.0 runs code on installation (${script}), without a reason`,
    ]);
  });

  it("include a binding.gyp without a script, which npm compiles", () => {
    const other = { id: "x@1.0.0", manifest: { name: "x", scripts: { test: "mocha" } }, hasBinding: true };
    expect(findScriptProblems([compiled, other], ["lmdb"], allowed)[0]).toContain("(binding.gyp)");
  });

  it("a name that no dependency has any more is a problem", () => {
    expect(findScriptProblems([], ["lmdb"], allowed)).toEqual([expect.stringContaining("INSTALL_SCRIPTS names lmdb")]);
  });
});

describe("what users install", () => {
  /** An application whose published package `a` needs the given packages. */
  function installed(packages) {
    const folder = mkdtempSync(join(tmpdir(), "beatx-dependencies-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [name, version] of Object.entries(packages)) {
      mkdirSync(join(folder, "node_modules", name), { recursive: true });
      writeFileSync(
        join(folder, "node_modules", name, "package.json"),
        JSON.stringify({ name, version, license: "MIT" }),
      );
    }
    return [
      { path: folder, folder: "a", manifest: { name: "a", dependencies: { x: "^1" }, peerDependencies: { p: "^2" } } },
    ];
  }

  const lock = {
    importers: { "packages/a": { dependencies: { x: { version: "1.0.0(p@2.0.0)" } }, devDependencies: { p: { version: "2.0.0" }, t: { version: "3.0.0" } } } }, // prettier-ignore
    packages: { "native@4.0.0": { cpu: ["arm64"] } },
    snapshots: {
      "x@1.0.0(p@2.0.0)": { dependencies: { deep: "1.1.0" }, optionalDependencies: { native: "4.0.0" } },
      "deep@1.1.0": { dependencies: { x: "1.0.0(p@2.0.0)" } },
    },
  };

  it("is found through all dependencies and peers, without those of tests", () => {
    const found = readDependencies(lock, installed({ x: "1.0.0", deep: "1.1.0", p: "2.0.0", t: "3.0.0" }));
    expect(found.installed.map(({ id }) => id).sort()).toEqual(["deep@1.1.0", "p@2.0.0", "x@1.0.0"]);
    expect(found).toMatchObject({ missing: ["native@4.0.0"], problems: [] });
  });

  it("is a problem if it is not installed, in another version, or not in the lock file", () => {
    const problems = (packages, its = lock) => readDependencies(its, installed(packages)).problems;
    expect(problems({ x: "1.0.0", p: "2.0.0" })).toEqual([expect.stringMatching(/^deep@1\.1\.0 is not installed/)]);
    expect(problems({ x: "1.0.1", deep: "1.1.0", p: "2.0.0" })).toEqual([
      "x@1.0.0 is in the lock file, 1.0.1 installed",
    ]);
    expect(
      problems(
        { p: "2.0.0" },
        { ...lock, importers: { "packages/a": { devDependencies: { p: { version: "2.0.0" } } } } },
      ),
    ).toEqual(["the lock file lacks x, which a needs"]);
  });
});

describe("a bad dependency of this repository", () => {
  const published = listPackages().filter(({ manifest }) => !manifest.private);
  const workspace = readYaml("pnpm-workspace.yaml");

  /** The problems after a change of the lock file that the repository has. */
  function problemsAfter(change, its = workspace) {
    const lock = readYaml("pnpm-lock.yaml");
    change(lock);
    return findDependencyProblems(lock, its, published).problems;
  }

  it("is not there now", () => {
    expect(problemsAfter(() => undefined)).toEqual([]);
  });

  it("is found when the lock file loses a hash, takes a package from Git, or names another version", () => {
    const first = (lock) => Object.keys(lock.packages)[0];
    expect(problemsAfter((lock) => delete lock.packages[first(lock)].resolution.integrity)).toHaveLength(1);
    expect(
      problemsAfter((lock) => (lock.packages["x@git+https://host/x#1"] = { resolution: { type: "git" } })),
    ).toHaveLength(1);
    const asked = (lock) =>
      (lock.importers["packages/cli"].dependencies.commander.specifier = "github:tj/commander.js");
    expect(problemsAfter(asked)).toEqual([
      expect.stringMatching(/^packages\/cli\/package\.json: dependencies\.commander is/),
    ]);
    const moved = (lock) => (lock.importers["packages/cli"].dependencies.commander.version = "0.0.1");
    expect(problemsAfter(moved)).toEqual([expect.stringMatching(/^commander@0\.0\.1 is in the lock file/)]);
  });

  it("is found when an install script may run", () => {
    const trusting = { ...workspace, onlyBuiltDependencies: ["lmdb"] };
    expect(problemsAfter(() => undefined, trusting)).toEqual([
      "pnpm-workspace.yaml lets the install script of lmdb run",
    ]);
    expect(problemsAfter(() => undefined, {})).toHaveLength(2);
  });
});
