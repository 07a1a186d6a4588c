/** Checks of packed packages, as users will get them. */

import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { runCommand } from "./run-command.mjs";
import { localTool } from "./workspace.mjs";

/**
 * Unpacks tarballs into the `node_modules` of an empty application and links the third-party packages they depend on.
 *
 * @param {string} application path of the folder
 * @param {readonly { path: string, manifest: object, tarball: string }[]} packages
 */
export async function installTarballs(application, packages) {
  for (const { path, manifest, tarball } of packages) {
    const target = join(application, "node_modules", manifest.name);
    mkdirSync(target, { recursive: true });
    const { exitCode, output } = await runCommand(["tar", "-xzf", tarball, "-C", target, "--strip-components=1"], {
      capture: true,
    });
    if (exitCode !== 0) throw new Error(`${tarball} cannot be unpacked: ${output}`);
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const link = join(application, "node_modules", name);
      if (range.startsWith("workspace:") || existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join(path, "node_modules", name)), link);
    }
  }
}

/** Finds files that package.json names but the tarball lacks, and files that do not belong there. */
export function findContentProblems(folder) {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  const manifest = JSON.parse(text);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const named = [...pathsIn(manifest.exports), ...pathsIn(manifest.bin), "README.md", "LICENSE"];
  const strays = files.filter((file) => /\.test\.|\.tsbuildinfo$/.test(file));
  const leftOvers = files.filter((file) => isLeftOver(file, files));
  return [
    ...named.filter((path) => !existsSync(join(folder, path))).map((path) => `the tarball lacks ${path}`),
    ...strays.map((file) => `the tarball should not contain ${file}`),
    ...leftOvers.map((file) => `${file} is left over from an earlier build: remove dist and build again`),
    ...(/"(workspace|catalog):/.test(text) ? ["the packed package.json still has workspace: or catalog: ranges"] : []),
  ];
}

/** Whether an earlier build made the file from a source that no longer exists. */
function isLeftOver(file, files) {
  const source = /^dist\/(.*)\.js$/.exec(file)?.[1];
  return source !== undefined && !files.includes(`src/${source}.ts`);
}

/** Every path in `exports` or `bin`, under any condition. */
function pathsIn(value) {
  if (typeof value === "string") return [value];
  return Object.values(value ?? {}).flatMap(pathsIn);
}

/** Runs publint on the unpacked folder and "are the types wrong" on the tarball. */
export async function findLintProblems(folder, tarball) {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: false });
  const attw = await runCommand(
    [localTool("attw"), tarball, "--profile", "esm-only", "--no-definitely-typed", "--no-color", "--format", "ascii"],
    { capture: true },
  );
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`),
    ...(attw.exitCode === 0 ? [] : [`attw: ${attw.output.trim()}`]),
  ];
}

/** Checks that plain Node can import every entry point and start every command of the package. */
export async function findRuntimeProblems(application, { manifest }) {
  const entryPoints = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
  const specifiers = entryPoints.map((path) => manifest.name + path.slice(1));
  const commands = Object.values(manifest.bin ?? {}).map((file) => join("node_modules", manifest.name, file));
  const runs = [
    ...specifiers.map((name) => ({ what: `import "${name}"`, args: ["-e", `import(${JSON.stringify(name)})`] })),
    ...commands.map((file) => ({ what: `node ${file} --help`, args: [file, "--help"] })),
  ];
  const problems = [];
  for (const { what, args } of runs) {
    const { exitCode, output } = await runCommand([process.execPath, ...args], { capture: true, cwd: application });
    const [reason] = /^\S*Error\b.*$/m.exec(output) ?? [output.trim()];
    if (exitCode !== 0) problems.push(`${what} failed: ${reason}`);
  }
  return problems;
}
