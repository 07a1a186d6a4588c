import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "@beatx/core";

/** Extensions of the configuration files that can be read. */
export const CONFIG_EXTENSIONS = ["ts", "mjs", "js", "json", "yaml", "yml"] as const;

/**
 * Finds the configuration file: the one named by `--config`, else `beat.config.*` in the folder; `null` if there is none.
 * @throws ConfigError if the named file does not exist, or if the folder has several.
 */
export function findConfig(cwd: string, named: string | undefined): string | null {
  if (named !== undefined) {
    const file = resolve(cwd, named);
    if (existsSync(file)) return file;
    throw new ConfigError(`--config ${named}: there is no file ${file}`, { field: "config" });
  }
  const found = CONFIG_EXTENSIONS.map((extension) => `beat.config.${extension}`).filter((name) =>
    existsSync(join(cwd, name)),
  );
  if (found.length > 1) {
    throw new ConfigError(`${cwd} holds ${found.join(" and ")}: keep one of them, or name one with --config`, {
      field: "config",
    });
  }
  return found[0] === undefined ? null : join(cwd, found[0]);
}
