import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.mjs";
import { localTool } from "./workspace.mjs";

/**
 * Runs one vitest project and counts its test cases. A failure outside of a test case (a file that cannot be loaded, a
 * failed hook, an unhandled error, no tests at all) counts as one more failure, unless the file already has one.
 *
 * @param {string} project
 * @returns {Promise<{ passed: number, failed: number, skipped: number, failures: string[] }>}
 */
export async function runVitest(project) {
  const folder = mkdtempSync(join(tmpdir(), "beatx-tests-"));
  try {
    const report = join(folder, "report.json");
    const reporters = ["default", "json", ...(process.env.GITHUB_ACTIONS ? ["github-actions"] : [])];
    const { exitCode } = await runCommand([
      localTool("vitest"),
      ...["run", "--config", "vitest.workspace.ts", "--project", project],
      ...reporters.map((reporter) => `--reporter=${reporter}`),
      `--outputFile.json=${report}`,
    ]);
    return countTests(existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults : [], exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {{ name: string, status: string, assertionResults: { status: string, fullName: string }[] }[]} files */
export function countTests(files, exitCode) {
  const cases = files.flatMap((file) => file.assertionResults.map((result) => ({ ...result, file: file.name })));
  const failedCases = cases.filter(({ status }) => status === "failed");
  const failures = failedCases.map(({ file, fullName }) => `${file}: ${fullName}`);
  for (const { name, status, assertionResults } of files) {
    const explained = status !== "failed" || assertionResults.some((result) => result.status === "failed");
    if (!explained) failures.push(`${name}: an import or a hook failed`);
  }
  const passed = cases.filter(({ status }) => status === "passed").length;
  if (cases.length === 0 && failures.length === 0) failures.push("no tests were found");
  if (exitCode !== 0 && failures.length === 0) failures.push(`vitest ended with exit code ${exitCode} (see above)`);
  const skipped = cases.length - passed - failedCases.length;
  return { passed, failed: failures.length, skipped, failures };
}
