import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.mjs";
import { listPackages, pnpmCommand, root } from "./workspace.mjs";

/** Holds the hash of the lockfile that was installed last. Times of files would not do: a checkout changes them. */
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
 * Installs what pnpm-lock.yaml says, unless that is what is installed. Resolves to `undefined`, or to the text that says
 * what went wrong.
 *
 * @returns {Promise<string | undefined>}
 */
export async function installDependencies() {
  if (isInstalled()) return undefined;

  console.log("installing dependencies (pnpm install --frozen-lockfile)");
  // Without a terminal pnpm would stop to ask before it replaces a node_modules folder of another layout.
  const install = [...pnpmCommand(), "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"];
  const { exitCode } = await runCommand(install);
  if (exitCode !== 0) {
    const hint = `after a change of a package.json run "${pnpmCommand().join(" ")} install" and commit the lockfile`;
    return `pnpm install ended with exit code ${exitCode}, its output above says why (${hint})`;
  }
  writeFileSync(stampFile, lockfileHash());
  return undefined;
}
