import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "@beatx/core";
import { redactText } from "@beatx/core/adapter";

/** Extensions of the configuration files that can be read. */
export const CONFIG_EXTENSIONS = ["ts", "mts", "cts", "js", "mjs", "cjs", "json", "yaml", "yml"] as const;

/**
 * Finds the configuration file: the one named by `--config`, else `beat.config.*` in the folder; `null` if there is none.
 * @throws ConfigError if the named file does not exist, if the folder has several, or if it has one that cannot be read.
 */
export function findConfig(cwd: string, named: string | undefined): string | null {
  if (named !== undefined) {
    const file = resolve(cwd, named);
    if (existsSync(file)) return file;
    const why = named.includes("://") ? "expected a file, not a URI" : `there is no file ${redactText(file)}`;
    throw new ConfigError(`--config ${redactText(named)}: ${why}`, { field: "config" });
  }
  const found = CONFIG_EXTENSIONS.map((extension) => `beat.config.${extension}`).filter((name) =>
    existsSync(join(cwd, name)),
  );
  if (found.length > 1) {
    throw new ConfigError(`${cwd} holds ${found.join(" and ")}: keep one of them, or name one with --config`, {
      field: "config",
    });
  }
  if (found[0] === undefined) refuseOtherConfigs(cwd);
  return found[0] === undefined ? null : join(cwd, found[0]);
}

/** A file with another extension was meant to be the configuration. To go on without it would look like an empty one. */
function refuseOtherConfigs(cwd: string): void {
  const other = existsSync(cwd) ? readdirSync(cwd).find((name) => /^beat\.config\.[a-z0-9]+$/i.test(name)) : undefined;
  if (other === undefined) return;
  const message = `${other} cannot be read: name it beat.config.{${CONFIG_EXTENSIONS.join(",")}}, or remove it`;
  throw new ConfigError(message, { field: "config" });
}
