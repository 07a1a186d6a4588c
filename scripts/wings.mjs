/**
 * The wings of each package that has them, lowest floor first. A wing imports only wings on lower floors: nothing above it,
 * no other wing of its own floor, and no file at the top of `src`. `npm run lint` refuses everything else.
 *
 * A new wing is one word here and one sentence in CONTRIBUTING.md.
 */
export const floors = {
  core: [
    ["base"],
    ["contract"],
    ["schedule"],
    ["entry", "discovery"],
    ["timetable", "store", "publisher"],
    ["lease"],
    ["sync"],
    ["report"],
    ["client", "dispatch", "testing"],
    ["simulation"],
    ["node"],
  ],
  cli: [["output"], ["configuration"], ["simulation"], ["timeline", "entry", "completion"], ["commands"]],
  import: [["base"], ["crontab", "celery", "manifest", "source"], ["kinds"]],
  simulation: [["base"], ["world"], ["stores", "queues"], ["judge"], ["faults"], ["cluster"], ["run"], ["planted"]],
  bench: [["base"], ["cells"], ["works"], ["figures"], ["run", "page"]],
  "publisher-celery": [["base"], ["message"], ["redis", "amqp"]],
  "shared-memcache": [["connection"], ["items"], ["cursors", "definitions", "lock"]],
  "store-conformance": [["base"], ["cases", "hammer"]],
};

/**
 * For `no-restricted-imports`: a block for each wing. Rules of several blocks replace each other, so each block names the
 * `paths` that are forbidden in every source file as well.
 *
 * @param {readonly string[]} paths
 * @returns {{ files: string[], rules: Record<string, unknown> }[]}
 */
export function wingRules(paths) {
  return Object.entries(floors).flatMap(([name, storeys]) =>
    storeys.flatMap((wings, floor) =>
      wings.map((wing) => {
        const forbidden = storeys.slice(floor).flat().filter((other) => other !== wing); // prettier-ignore
        return {
          files: [`packages/${name}/src/${wing}/**/*.ts`],
          rules: { "no-restricted-imports": ["error", { paths, patterns: patternsOf(wing, forbidden) }] },
        };
      }),
    ),
  );
}

function patternsOf(wing, forbidden) {
  const top = {
    regex: "^\\.\\./[^/]+$",
    message: `"${wing}" is a wing: the files at the top of src import wings, never the other way round.`,
  };
  if (forbidden.length === 0) return [top];
  const message = `"${wing}" imports only wings on lower floors (the list is in scripts/wings.mjs).`;
  return [top, { regex: `^\\.\\./(?:${forbidden.join("|")})/`, message }];
}
