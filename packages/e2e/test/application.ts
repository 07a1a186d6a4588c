import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BEAT_NODE_PROGRAM } from "@beatx/test-servers";
import type { TestProject } from "vitest/node";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../..", import.meta.url));

declare module "vitest" {
  interface ProvidedContext {
    /** A folder in which the packed packages are installed, as users install them. */
    application: string;
  }
}

let folder = "";

/** Packs every public package and installs the tarballs in an empty folder, so that the tests run what users get. */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "beatx-application-"));
  const tarballs = join(folder, "tarballs");
  await mkdir(tarballs);
  const packages = await publicPackages();
  for (const path of packages) await pnpm(["pack", "--pack-destination", tarballs], path);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "application", private: true, type: "module" }));
  const files = (await readdir(tarballs)).map((file) => join(tarballs, file));
  await run("npm", ["install", "--no-audit", "--no-fund", ...files], { cwd: folder });
  await copyFile(BEAT_NODE_PROGRAM, join(folder, "node.mjs"));
  project.provide("application", folder);
}

export async function teardown(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function publicPackages(): Promise<string[]> {
  const folders = [];
  for (const parent of ["packages", "examples"]) {
    for (const name of await readdir(join(repository, parent))) folders.push(join(repository, parent, name));
  }
  const chosen = await Promise.all(folders.map(async (path) => ((await isInstallable(path)) ? [path] : [])));
  return chosen.flat();
}

/** Whether it gets installed: every public package, and the example of a third-party store. */
async function isInstallable(path: string): Promise<boolean> {
  const manifest = JSON.parse(await readFile(join(path, "package.json"), "utf8").catch(() => "{}")) as {
    private?: boolean;
    name?: string;
  };
  return manifest.name !== undefined && (manifest.private !== true || manifest.name.startsWith("beatx-store-"));
}

async function pnpm(args: readonly string[], cwd: string): Promise<void> {
  const { packageManager } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as {
    packageManager: string;
  };
  await run("npx", ["--yes", packageManager, ...args], { cwd });
}
