import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "@beatx/core";

/** The kinds of file that are read, and looked for in this order. */
export const CONFIG_EXTENSIONS = ["ts", "mjs", "js", "json", "yaml", "yml"] as const;

/**
 * The configuration file: the one that `--config` names, else `beat.config.*` of the folder. `null`: there is none.
 * @throws ConfigError when the named one does not exist, or when several lie in the folder.
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
    throw new ConfigError(`${cwd} holds ${found.join(" and ")}: keep one of them, or name it with --config`, {
      field: "config",
    });
  }
  return found[0] === undefined ? null : join(cwd, found[0]);
}
