import { execFile, type ExecFileException } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ConfigError } from "@beatx/core";

const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** A script of this package. */
export function scriptPath(name: "dump_celery.py" | "read_pickle.py"): string {
  return fileURLToPath(new URL(`../../python/${name}`, import.meta.url));
}

export interface PythonRun {
  /** `undefined`: the active virtual environment's, else `python3`. */
  readonly python: string | undefined;
  readonly cwd: string;
  readonly args: readonly string[];
  readonly input?: string;
}

/** Runs a script of this package. Resolves to what it prints. @throws ConfigError with its last line if it fails */
export function runPython(
  script: "dump_celery.py" | "read_pickle.py",
  { python, cwd, args, input = "" }: PythonRun,
): Promise<string> {
  const program = python ?? activePython();
  return new Promise((resolve, reject) => {
    const options = { cwd, maxBuffer: MAX_OUTPUT_BYTES, encoding: "utf8" as const };
    const child = execFile(program, ["-B", scriptPath(script), ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(explain(program, error, stderr));
    });
    // A script that ends early closes it.
    child.stdin!.on("error", () => undefined);
    child.stdin!.end(input);
  });
}

function activePython(): string {
  const environment = process.env["VIRTUAL_ENV"];
  const inEnvironment = [join("bin", "python"), join("Scripts", "python.exe")]
    .map((path) => join(environment ?? "", path))
    .find((path) => environment !== undefined && existsSync(path));
  return inEnvironment ?? "python3";
}

function explain(program: string, error: ExecFileException, stderr: string): ConfigError {
  const field = "python";
  if (error.code === "ENOENT") {
    return new ConfigError(`there is no Python at ${program}: name the application's own by --python`, { field });
  }
  const last = stderr.trim().split("\n").at(-1) ?? "";
  const said = last === "" ? error.message : last.replace(/^error: /, "");
  return new ConfigError(`${program}: ${said}`, { field });
}
