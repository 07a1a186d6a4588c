import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { runToEnd } from "@beatx/test-servers";

const FOLDER = fileURLToPath(new URL("../../../node_modules/.cache/beatx-import/", import.meta.url));
const SCRIPTS = fileURLToPath(new URL("python/", import.meta.url));
const INSTALL = "apt-get install python3-venv python3-celery python3-redis";
/** The interpreter that has the distribution's packages; another `python3` may come first on the path. */
const SYSTEM_PYTHON = "/usr/bin/python3";

/** A Python for tests. */
export interface TestPython {
  readonly program: string;
  /** Whether it has the packages of `python/requirements.txt`; otherwise only the distribution's Celery. */
  readonly hasPeers: boolean;
}

/** The folder of the applications, and what they find in their environment. */
export const MOVING: string = `${SCRIPTS}moving`;
export const GOLDEN: string = `${SCRIPTS}golden`;

/**
 * A virtual environment with the real packages, in a cache folder of this repository. If they cannot be installed, the system's
 * Python with the distribution's Celery. Several test files may ask at the same time: each makes its own, and the first one stays.
 */
export async function findTestPython(): Promise<TestPython> {
  const kept = `${FOLDER}packages`;
  try {
    if (!existsSync(kept)) await install(kept);
    return { program: await wrapperFor(kept), hasPeers: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n").at(-1)! : String(error);
    console.warn(`only the system's Celery is tested, because the others cannot be installed: ${reason}`);
    return { program: SYSTEM_PYTHON, hasPeers: false };
  }
}

/** Into a folder of packages, which can be moved. */
async function install(kept: string): Promise<void> {
  const own = `${FOLDER}own-${process.pid}`;
  await mkdir(FOLDER, { recursive: true });
  await runToEnd(SYSTEM_PYTHON, ["-m", "venv", "--clear", `${own}-python`], { install: INSTALL });
  const quiet = ["--quiet", "--disable-pip-version-check", "--retries", "1"];
  await runToEnd(
    `${own}-python/bin/python`,
    ["-m", "pip", "install", ...quiet, "--target", own, "-r", `${SCRIPTS}requirements.txt`],
    { install: INSTALL },
  );
  await rename(own, kept).catch((error: unknown) => {
    if (!existsSync(kept)) throw error;
  });
  await Promise.all([own, `${own}-python`].map((folder) => rm(folder, { recursive: true, force: true })));
}

/** A program that runs Python with these packages before all others. */
async function wrapperFor(packages: string): Promise<string> {
  const program = `${FOLDER}python`;
  const own = `${program}-${process.pid}`;
  await writeFile(own, `#!/bin/sh\nPYTHONPATH="${packages}" exec ${SYSTEM_PYTHON} "$@"\n`, { mode: 0o755 });
  await rename(own, program);
  return program;
}
