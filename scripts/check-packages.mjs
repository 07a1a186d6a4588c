/**
 * Builds and packs every public package, checks the tarballs that users would get, and prints one line per package.
 *
 *     node scripts/check-packages.mjs
 *
 * Exit code 1 if a package has a problem.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { findImportProblems, findManifestProblems, findReferenceProblems } from "./package-rules.mjs";
import { findContentProblems, findLintProblems, findRuntimeProblems, installTarballs } from "./packed-package.mjs";
import { runCommand } from "./run-command.mjs";
import { listPackages, localTool, pnpmCommand, readJson } from "./workspace.mjs";

/** Packs with pnpm, which replaces `workspace:` and `catalog:` by real versions. Resolves to the packages with `tarball`. */
async function packAll(packages, folder) {
  const filters = packages.flatMap(({ manifest }) => ["--filter", manifest.name]);
  const command = [...pnpmCommand(), "--recursive", ...filters, "pack", "--pack-destination", folder];
  // Everything is already built; `prepack` would build each package again.
  const { exitCode, output } = await runCommand([...command, "--config.ignore-scripts=true"], { capture: true });
  if (exitCode !== 0) throw new Error(`pnpm pack failed:\n${output}`);
  return packages.map((each) => {
    const base = each.manifest.name.replace("@", "").replace("/", "-");
    return { ...each, tarball: join(folder, `${base}-${each.manifest.version}.tgz`) };
  });
}

function report(name, problems) {
  console.log(
    problems.length === 0
      ? `${name}: fine`
      : `${name}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
  );
  for (const problem of problems) console.log(`  - ${problem.replaceAll("\n", "\n    ")}`);
  return problems.length === 0;
}

async function checkAll(folder) {
  const packages = listPackages();
  const rootTsconfig = readJson("tsconfig.json");
  const packed = await packAll(
    packages.filter(({ manifest }) => !manifest.private),
    folder,
  );
  await installTarballs(folder, packed);

  const verdicts = [];
  for (const each of packages) {
    const problems = findReferenceProblems(each, packages, rootTsconfig);
    const published = packed.find(({ manifest }) => manifest.name === each.manifest.name);
    if (published) {
      const unpacked = join(folder, "node_modules", each.manifest.name);
      problems.push(...findManifestProblems(each), ...findImportProblems(each), ...findContentProblems(unpacked));
      problems.push(...(await findLintProblems(unpacked, published.tarball)));
      problems.push(...(await findRuntimeProblems(folder, each)));
    }
    verdicts.push(report(each.manifest.name, problems));
  }
  return verdicts.every(Boolean);
}

orUsage(() => readCommandLine(process.argv.slice(2), { usage: "npm run check-packages" }));
const built = await runCommand([localTool("tsc"), "-b"]);
const folder = mkdtempSync(join(tmpdir(), "beatx-packages-"));
try {
  const allFine = await checkAll(folder);
  process.exitCode = allFine && built.exitCode === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
