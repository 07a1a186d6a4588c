/**
 * Reads the output of `pnpm audit --json`. `isChecked`: the registry has answered the question. `isFine`: it knows no
 * vulnerability, or nothing was checked because it refused the question or did not answer.
 *
 * @param {string} output
 * @returns {{ lines: string[], isChecked: boolean, isFine: boolean }}
 */
export function readAudit(output) {
  const answer = parseAnswer(output);
  if (answer?.advisories === undefined || answer.metadata === undefined) {
    const line = `No audit: ${whyNotChecked(answer?.error, output)}, so nothing was checked. Run "npm run audit" where it answers.`;
    return { lines: [line], isChecked: false, isFine: true };
  }
  const advisories = Object.values(answer.advisories);
  const count = answer.metadata.totalDependencies ?? answer.metadata.dependencies;
  const lines = advisories.map(
    ({ module_name: name, severity, title, vulnerable_versions: versions, url }) =>
      `${name} ${versions}: ${severity}: ${title} (${url})`,
  );
  const summary = `${advisories.length} known vulnerabilities in ${count} packages`;
  return { lines: [...lines, summary], isChecked: true, isFine: advisories.length === 0 };
}

/** A registry that refuses the question is up: its status says what is wrong. Without a status, nobody answered. */
function whyNotChecked(error, output) {
  const statuses = new Set([...(error?.message ?? "").matchAll(/responded with (\d{3})/g)].map(([, status]) => status));
  if (statuses.size > 0) return `the registry refused the question with HTTP ${[...statuses].join(" and ")}`;
  return `the registry did not answer (${error?.code ?? (output.trim().split("\n")[0] || "no output")})`;
}

/** Other tools may have printed lines before the document. */
function parseAnswer(output) {
  try {
    return JSON.parse(output.slice(output.indexOf("{")));
  } catch {
    return undefined;
  }
}
