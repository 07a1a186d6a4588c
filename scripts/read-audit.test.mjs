import { expect, it } from "vitest";
import { readAudit } from "./read-audit.mjs";

const metadata = { vulnerabilities: {}, dependencies: 41, totalDependencies: 41 };

it("an answer without advisories is fine", () => {
  const { lines, ...verdict } = readAudit(JSON.stringify({ advisories: {}, metadata }));
  expect(lines).toEqual(["0 known vulnerabilities in 41 packages"]);
  expect(verdict).toEqual({ isChecked: true, isFine: true });
});

it("a known vulnerability fails, with package, versions and page", () => {
  const advisory = {
    module_name: "yaml",
    severity: "moderate",
    title: "Stack",
    vulnerable_versions: "<2.8.3",
    url: "u",
  };
  const { lines, ...verdict } = readAudit(
    `a line before\n${JSON.stringify({ advisories: { 1: advisory }, metadata })}`,
  );
  expect(lines).toEqual(["yaml <2.8.3: moderate: Stack (u)", "1 known vulnerabilities in 41 packages"]);
  expect(verdict).toEqual({ isChecked: true, isFine: false });
});

it.each([
  [JSON.stringify({ error: { code: "ERR_PNPM_META_FETCH_FAIL", message: "request failed" } }), "META_FETCH_FAIL"],
  ["npm error code ENOTFOUND\nnpm error network", "ENOTFOUND"],
  ["{ cut off", "{ cut off"],
  ["", "no output"],
])("a registry that does not answer is said to have checked nothing: %j", (output, why) => {
  const { lines, ...verdict } = readAudit(output);
  expect(lines).toEqual([
    expect.stringMatching(/^No audit: the registry did not answer \(.*\), so nothing was checked\./),
  ]);
  expect(lines[0]).toContain(why);
  expect(verdict).toEqual({ isChecked: false, isFine: true });
});

it.each([
  ["responded with 405: . Fallback endpoint responded with 405: ", "HTTP 405"],
  ["responded with 500: {}. Fallback endpoint responded with 404: {}", "HTTP 500 and 404"],
])("a registry that refuses the question is said to have answered, with its status: %s", (message, status) => {
  const { lines, ...verdict } = readAudit(JSON.stringify({ error: { code: "ERR_PNPM_AUDIT_BAD_RESPONSE", message } }));
  expect(lines[0]).toContain(`the registry refused the question with ${status}, so nothing was checked.`);
  expect(lines[0]).not.toContain("did not answer");
  expect(verdict).toEqual({ isChecked: false, isFine: true });
});
