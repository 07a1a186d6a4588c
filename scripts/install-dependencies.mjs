import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.mjs";
import { listPackages, pnpmCommand, root } from "./workspace.mjs";

/** Holds the hash of the installed lockfile. File times are no use here, because a checkout changes them. */
const stampFile = join(root, "node_modules", ".installed-lockfile");

function lockfileHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
}

function isInstalled() {
  if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== lockfileHash()) return false;
  return listPackages().every(({ path, manifest }) => {
    const needs = { ...manifest.dependencies, ...manifest.devDependencies };
    return Object.keys(needs).every((name) => existsSync(join(path, "node_modules", name)));
  });
}

/**
 * Installs the dependencies of pnpm-lock.yaml unless they are already installed. Resolves to `undefined`, or to a text that
 * describes the failure.
 *
 * @returns {Promise<string | undefined>}
 */
export async function installDependencies() {
  if (isInstalled()) return undefined;

  console.log("installing dependencies (pnpm install --frozen-lockfile)");
  // Without this option pnpm asks before it replaces a node_modules folder of another layout.
  const install = [...pnpmCommand(), "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"];
  const { exitCode } = await runCommand(install);
  if (exitCode !== 0) {
    const hint = `if you changed a package.json, run "${pnpmCommand().join(" ")} install" and commit the lockfile`;
    return `pnpm install ended with exit code ${exitCode}; see its output above (${hint})`;
  }
  writeFileSync(stampFile, lockfileHash());
  return undefined;
}
