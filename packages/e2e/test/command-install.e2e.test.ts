import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

const run = promisify(execFile);
const tarballs = join(inject("application"), "tarballs");
/** The command and what it always needs, as its users get them. */
const COMMAND = ["cli", "core", "store-dummy"];
/** What the whole command may take on the disk, in bytes. With the native code of LMDB it would take 30 MB. */
const LIMIT = 20_000_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-command-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  // The publisher is a function of the configuration: the stores alone are in question.
  const config = `export default { publisher: async () => {}, schedule: { ping: { task: "ops.ping", schedule: "1s" } } };`;
  await writeFile(join(folder, "beat.config.mjs"), config);
  await install(...COMMAND);
});
afterAll(() => rm(folder, { recursive: true }));

/** Installs packed packages as a user does, with npm, in addition to those that are there. */
async function install(...names: readonly string[]): Promise<void> {
  const files = await readdir(tarballs);
  const chosen = names.map((name) => files.find((file) => new RegExp(`^beatx-${name}-\\d`).test(file)));
  const paths = chosen.map((file, index) => {
    if (file === undefined) throw new Error(`there is no tarball of ${names[index]} in ${tarballs}`);
    return join(tarballs, file);
  });
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...paths], { cwd: folder });
}

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the installed command to its end; it gets SIGTERM when it has printed `stopAt`. */
function beatx(args: readonly string[], stopAt?: string): Promise<Ended> {
  const command = join(folder, "node_modules", ".bin", "beatx");
  // A runner of scripts may set NODE_PATH, where packages would be found that the user does not have.
  const { BEATX_STORE: _store, BEATX_PUBLISHER: _publisher, ...rest } = process.env;
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...rest, NODE_PATH: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => {
    printed.stdout += String(data);
    // A second signal would end it at once.
    if (stopAt !== undefined && !child.killed && printed.stdout.includes(stopAt)) child.kill("SIGTERM");
  });
  child.stderr.on("data", (data: Buffer) => (printed.stderr += String(data)));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (exitCode) => resolve({ exitCode, ...printed }));
  });
}

async function sizeOf(path: string): Promise<number> {
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

/** Installed packages that run code on installation or bring native code. */
async function nativePackages(): Promise<string[]> {
  const files = await readdir(join(folder, "node_modules"), { recursive: true });
  return files.filter((file) => /(^|\/)binding\.gyp$|\.node$/.test(file));
}

it("the command alone brings no native code, and takes less than 20 MB", async () => {
  expect(await nativePackages()).toEqual([]);
  expect(await sizeOf(join(folder, "node_modules"))).toBeLessThan(LIMIT);
});

it("without a store it shows the schedule, and says at the start what to install or to name", async () => {
  expect(await beatx(["simulate", "--to", "+3s"])).toMatchObject({ exitCode: 0, stderr: "" });
  const { exitCode, stderr } = await beatx(["start"]);
  expect(stderr).toMatch(
    /^beatx: no store is configured.*Either install it \(npm install @beatx\/store-lmdb\), or name/,
  );
  expect(exitCode).toBe(2);
  await mkdir(join(folder, ".beatx"), { recursive: true });
  expect((await beatx(["status"])).stderr).toBe(stderr);
});

it.each([
  ["lmdb:./data", "@beatx/store-lmdb"],
  ["redis://127.0.0.1:1/0", "@beatx/store-redis"],
  ["memcached://127.0.0.1:1", "@beatx/store-memcached"],
])("a store that is not installed is named with its package: %s", async (uri, name) => {
  const { exitCode, stderr } = await beatx(["status", "--store", uri]);
  expect(stderr).toContain(`the store ${uri} needs ${name}, which is not installed (looked for from `);
  expect(stderr).toContain(`(npm install ${name})`);
  expect(exitCode).toBe(2);
});

it("a start without the packages of store and publisher names both in one command to install them", async () => {
  const uris = ["--store", "redis://127.0.0.1:1/0", "--publisher", "celery+redis://127.0.0.1:1/0"];
  const { exitCode, stderr } = await beatx(["start", ...uris]);
  expect(stderr).toContain("; neither is installed (looked for from ");
  expect(stderr).toContain("(npm install @beatx/store-redis @beatx/publisher-celery)");
  expect(exitCode).toBe(2);
});

it("with the package that it named, the same folder works", async () => {
  await install(...COMMAND, "store-lmdb");
  const { exitCode, stdout, stderr } = await beatx(["start", "--verbose"], "published");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/^store +lmdb:\.\/\.beatx/m);
  expect((await beatx(["list"])).stdout).toContain("ping");
});
