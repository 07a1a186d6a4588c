import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runToEnd } from "@beatx/test-servers";
import { type CellOptions, DEFAULTS } from "../cells/cell.js";
import type { CellResult } from "../cells/cell.js";
import type { Outcome } from "../figures/work-figures.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = fileURLToPath(new URL("../../../../node_modules/.cache/beatx-bench/", import.meta.url));
const ENVIRONMENT = `${FOLDER}python`;
const PYTHON = `${ENVIRONMENT}/bin/python`;
/** Written when everything is installed. */
const READY = `${ENVIRONMENT}/beatx-bench-ready`;
const INSTALL = "apt-get install python3-venv python3-celery python3-redis";
/** The interpreter that has the distribution's packages; another `python3` may come first on the path. */
const SYSTEM_PYTHON = "/usr/bin/python3";

/** The Python that runs the peers. */
export interface Python {
  readonly program: string;
  /** What somebody should know: that only the distribution's Celery could be used, and why. */
  readonly note?: string;
}

/**
 * A virtual environment with the peers of `python/requirements.txt`, in a cache folder of this repository. If they cannot be
 * installed, the system's Python with the distribution's Celery.
 */
export async function findPython(): Promise<Python> {
  if (existsSync(READY)) return { program: PYTHON };
  try {
    mkdirSync(FOLDER, { recursive: true });
    await runToEnd(SYSTEM_PYTHON, ["-m", "venv", "--clear", ENVIRONMENT], { install: INSTALL });
    const quiet = ["--quiet", "--disable-pip-version-check", "--retries", "1"];
    await runToEnd(PYTHON, ["-m", "pip", "install", ...quiet, "-r", `${PACKAGE}python/requirements.txt`], {
      install: INSTALL,
    });
    writeFileSync(READY, "");
    return { program: PYTHON };
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n").at(-1)! : String(error);
    return {
      program: SYSTEM_PYTHON,
      note: `the Python peers cannot be installed, so only the system's Celery runs: ${reason}`,
    };
  }
}

/** Runs a peer in Python. Resolves to its error if it failed. */
export async function runPython({ program }: Python, peer: string, options: Partial<CellOptions>): Promise<Outcome> {
  const { count, servers } = { ...DEFAULTS, ...options };
  const request = JSON.stringify({ peer, count, port: servers.redis?.port });
  try {
    const output = await runToEnd(program, [`${PACKAGE}python/burst.py`, request], { install: INSTALL });
    return JSON.parse(output.trim().split("\n").at(-1)!) as CellResult;
  } catch (error) {
    return { error: (error as Error).message.trim().split("\n").at(-1)! };
  }
}
