/**
 * Reads the output of `pnpm audit --json`. `isChecked`: the registry has answered. `isFine`: it knows no vulnerability, or
 * did not answer.
 *
 * @param {string} output
 * @returns {{ lines: string[], isChecked: boolean, isFine: boolean }}
 */
export function readAudit(output) {
  const answer = parseAnswer(output);
  if (answer?.advisories === undefined || answer.metadata === undefined) {
    const why = answer?.error?.code ?? (output.trim().split("\n")[0] || "no output");
    const line = `No audit: the registry did not answer, so nothing was checked (${why}). Run "npm run audit" where it does.`;
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

/** Other tools may have printed lines before the document. */
function parseAnswer(output) {
  try {
    return JSON.parse(output.slice(output.indexOf("{")));
  } catch {
    return undefined;
  }
}
