import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

import { applyPatch } from "./patch.js";
import type { PlantedBug } from "./planted-bug.js";

const PACKAGES = fileURLToPath(new URL("../../..", import.meta.url));
/** The packages that a simulation runs, by their folders. */
const COPIED = ["core", "shared-memcache", "simulation", "test-servers"];
const COMPILER_OPTIONS = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };

/** The packages, compiled from their sources into a temporary folder, in which bugs are planted one after the other. */
export class PatchedCopy {
  readonly #nodeModules: string;
  /** The file that holds a bug now. */
  #patched: string | null = null;

  private constructor(nodeModules: string) {
    this.#nodeModules = nodeModules;
  }

  /** The caller removes the copy. */
  static async make(): Promise<PatchedCopy> {
    const copy = new PatchedCopy(join(await mkdtemp(join(tmpdir(), "beatx-planted-")), "node_modules"));
    for (const name of COPIED) await copy.#compileAll(name);
    return copy;
  }

  /** The compiled module of a source file, which is named from the folder of the packages. */
  pathOf(file: string): string {
    return join(this.#nodeModules, "@beatx", file.replace("/src/", "/dist/").replace(/\.ts$/, ".js"));
  }

  /** Takes the bug before out, and plants this one. @throws Error if its patch no longer applies. */
  async plant(bug: PlantedBug): Promise<void> {
    await this.clean();
    const patched = applyPatch(await readSource(bug.file), bug);
    await this.#compile(bug.file, patched);
    this.#patched = bug.file;
  }

  /** Takes the bug out. */
  async clean(): Promise<void> {
    if (this.#patched !== null) await this.#compile(this.#patched, await readSource(this.#patched));
    this.#patched = null;
  }

  async remove(): Promise<void> {
    await rm(dirname(this.#nodeModules), { recursive: true, force: true });
  }

  async #compileAll(name: string): Promise<void> {
    const manifest = join(PACKAGES, name, "package.json");
    for (const path of await readdir(join(PACKAGES, name, "src"), { recursive: true })) {
      const file = `${name}/src/${path}`;
      if (path.endsWith(".ts") && !path.endsWith(".test.ts")) await this.#compile(file, await readSource(file));
    }
    await cp(manifest, join(this.#nodeModules, "@beatx", name, "package.json"));
    await this.#linkDependencies(manifest);
  }

  async #compile(file: string, source: string): Promise<void> {
    const path = this.pathOf(file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, ts.transpileModule(source, { compilerOptions: COMPILER_OPTIONS }).outputText);
  }

  /** Third-party packages are linked as they are. */
  async #linkDependencies(manifest: string): Promise<void> {
    const { dependencies = {} } = JSON.parse(await readFile(manifest, "utf8")) as { dependencies?: object };
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith("@beatx/")) continue;
      await symlink(folderOf(dependency, manifest), join(this.#nodeModules, dependency));
    }
  }
}

function readSource(file: string): Promise<string> {
  return readFile(join(PACKAGES, file), "utf8");
}

/** The folder of a package, as another package finds it. */
function folderOf(name: string, manifest: string): string {
  let folder = dirname(createRequire(manifest).resolve(name));
  while (!folder.endsWith(`/node_modules/${name}`)) folder = dirname(folder);
  return folder;
}
