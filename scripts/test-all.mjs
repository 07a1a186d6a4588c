/**
 * Runs everything that must be green, step by step. A failed step does not prevent the later ones. The soak runs beside those
 * that follow it.
 *
 *     npm test                       # all steps
 *     npm test -- unit integration   # only these steps
 *
 * The last line is "N passed, N failed". It counts each test case, and each step without test cases as one. The exit code is
 * 0 only if something passed and nothing failed.
 */

import { relative } from "node:path";
import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { installDependencies } from "./install-dependencies.mjs";
import { installServers } from "./install-servers.mjs";
import { runCommand } from "./run-command.mjs";
import { runVitest } from "./vitest-step.mjs";
import { localTool, root } from "./workspace.mjs";

const none = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** The steps in their order. The end-to-end tests need `build`. */
const steps = {
  servers: () => prepare(installServers),
  build: () => check([localTool("tsc"), "-b"]),
  types: () => check([localTool("tsc"), "-p", "tsconfig.test.json"]),
  lint: () => check([localTool("eslint"), ".", "--max-warnings", "0"]),
  format: () => check([localTool("prettier"), "--check", "."]),
  dependencies: () => check(["node", "scripts/check-dependencies.mjs"]),
  unit: () => runVitest("unit"),
  soak: () => check(["nice", "-n", "19", "node", "packages/measure/dist/soak/main.js"], { capture: true }),
  integration: () => runVitest("integration"),
  e2e: () => runVitest("e2e"),
  packages: () => check(["node", "scripts/check-packages.mjs"]),
};

/**
 * Steps that run beside the later ones, whose time they mostly share: the soak needs ten minutes, and little of the
 * processor. Their output comes at their end.
 */
const besideOthers = ["soak"];

/** A preparation counts only if it fails. */
async function prepare(action) {
  const problem = await action();
  return problem === undefined ? none : { ...none, failed: 1, failures: [problem] };
}

async function check(command, options) {
  const { exitCode, output } = await runCommand(command, options);
  if (output !== "") console.log(`\n${output}`);
  if (exitCode === 0) return { ...none, passed: 1 };
  const shown = command.map((part) => relative(root, part) || part).join(" ");
  return { ...none, failed: 1, failures: [`"${shown}" ended with exit code ${exitCode}`] };
}

function chooseSteps() {
  const known = Object.keys(steps);
  const command = { usage: `npm test -- [step …]\n  steps: ${known.join(" ")} (default: all)`, names: known };
  const { names } = orUsage(() => readCommandLine(process.argv.slice(2), command));
  return Object.entries(steps).filter(([name]) => names.length === 0 || names.includes(name));
}

async function runStep(name, action) {
  console.log(`\n── ${name} ──`);
  const startedAt = performance.now();
  const counts = await action();
  return { name, ...counts, seconds: (performance.now() - startedAt) / 1000 };
}

function printSummary(results) {
  console.log("");
  for (const { name, failures } of results) {
    for (const failure of failures) console.log(`failed in ${name}: ${failure.replaceAll(`${root}/`, "")}`);
  }
  for (const { name, passed, failed, skipped, seconds } of results) {
    const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
    const outcome = passed + failed === 0 ? "done" : counts;
    console.log(`${name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s  ${outcome}`);
  }
  const [passed, failed] = ["passed", "failed"].map((key) => results.reduce((sum, result) => sum + result[key], 0));
  console.log(`\n${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0;
}

const chosen = chooseSteps();
const results = [await runStep("install", () => prepare(installDependencies))];
// No step can run without the dependencies.
if (results[0].failed === 0) {
  const beside = [];
  for (const [name, action] of chosen) {
    if (besideOthers.includes(name)) beside.push(runStep(name, action));
    else results.push(await runStep(name, action));
  }
  results.push(...(await Promise.all(beside)));
}
process.exitCode = printSummary(results) ? 0 : 1;
