/** Rules for the dependencies. Each returns the problems that it found, as texts. */

/** Licences that a dependency of a published package may have, as SPDX identifiers. All allow use in any product. */
const LICENCES = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "Unlicense"];

/** Packages whose package.json names none of these licences. Somebody has read it in the package, in this version. */
export const READ_LICENCES = {
  "argparse@3.0.4": "PSF-2.0, in LICENSE: as permissive as the others, if its notice is kept",
  "date-holidays@3.37.0":
    "ISC for the code; CC BY-SA 3.0 for the data, with its attributions, in LICENSE: used as it is, and installed only with " +
    "@beatx/calendar-holidays, whose README says so",
  "jackpot@0.0.6": "MIT, at the end of README.md",
  "retry@0.6.0": "MIT, in License",
  "simple-lru-cache@0.0.2": "MIT, in LICENSE and in the old field `licenses`",
};

/** Dependencies of published packages that may have an install script, each with the reason. None of them has to run. */
export const INSTALL_SCRIPTS = {
  lmdb: "compiles LMDB where no ready-made binary fits; they come as optional packages, so it need not run",
  "msgpackr-extract": "compiles a faster reader of strings for msgpackr, which works without it",
};

const SCRIPTS = ["preinstall", "install", "postinstall"];
/** A range of versions, or a package of this repository. A tag such as `latest` would change by itself. */
const RANGE = /^(catalog:|workspace:|[\^~<>=]*\s*\d)/;
/** Tests may install another version of a package beside the first one, under another name. */
const SECOND_VERSION = /^npm:(@[^/@]+\/)?[^/@]+@[\^~]?\d/;
/** A version as the lock file names it, with the peers that it was resolved with. */
const PINNED = /^(@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+[^:/()]*$/;

/**
 * The lock file pins every package, those of the tests too, to one version and the hash of its contents.
 *
 * @param {{ packages?: object }} lock the parsed pnpm-lock.yaml
 * @returns {string[]}
 */
export function findPinProblems(lock) {
  return Object.entries(lock.packages ?? {}).flatMap(([id, { resolution = {} }]) => {
    if (!PINNED.test(id)) return [`the lock file has ${id}: expected a package with its version, such as yaml@2.9.1`];
    const foreign = ["tarball", "repo", "type", "directory", "gitHosted"].filter((field) => field in resolution);
    return [
      ...foreign.map((field) => `${id} comes from elsewhere (its ${field} is named): take it from the registry`),
      ...(/^sha512-/.test(resolution.integrity ?? "") ? [] : [`${id} has no sha512 integrity in the lock file`]),
    ];
  });
}

/**
 * Every package.json asks for ranges of versions, never for a Git repository, a URL, a folder, a tag or another name.
 *
 * @param {{ importers?: object }} lock
 * @returns {string[]}
 */
export function findSpecifierProblems(lock) {
  return Object.entries(lock.importers ?? {}).flatMap(([folder, groups]) =>
    Object.entries(groups).flatMap(([group, dependencies]) =>
      Object.entries(dependencies)
        .filter(([, { specifier }]) => !isRange(specifier, group))
        .map(([name, { specifier }]) => `${folder}/package.json: ${group}.${name} is "${specifier}": name versions`),
    ),
  );
}

function isRange(specifier, group) {
  if (/:\/\/|\.(tgz|tar\.gz|git)\b/.test(specifier)) return false;
  return RANGE.test(specifier) || (group === "devDependencies" && SECOND_VERSION.test(specifier));
}

/**
 * @param {readonly { id: string, manifest: object }[]} dependencies of published packages, as installed
 * @param {Readonly<Record<string, string>>} read licences that package.json does not name, by package with version
 * @returns {string[]}
 */
export function findLicenceProblems(dependencies, read = READ_LICENCES) {
  const stale = Object.keys(read).filter((id) => !dependencies.some((each) => each.id === id));
  const wrong = dependencies
    .filter(({ id, manifest }) => !isAllowed(manifest.license) && !Object.hasOwn(read, id))
    .map(({ id, manifest }) => {
      const found = manifest.license === undefined ? "no licence" : `the licence ${JSON.stringify(manifest.license)}`;
      return `${id} has ${found} in its package.json: expected one of ${LICENCES.join(", ")}`;
    });
  return [...wrong, ...stale.map((id) => `READ_LICENCES names ${id}, which is no dependency any more: remove it`)];
}

/** Whether a licence expression leaves a choice of allowed licences; all parts that are joined by AND must be allowed. */
function isAllowed(expression) {
  if (typeof expression !== "string") return false;
  const parts = expression.replace(/^\((.*)\)$/, "$1");
  if (/[()]/.test(parts)) return false;
  return parts.split(" OR ").some((choice) => choice.split(" AND ").every((part) => LICENCES.includes(part)));
}

/**
 * Only the named packages run code while they are installed, and every named package is still needed.
 *
 * @param {readonly { id: string, manifest: object, hasBinding: boolean }[]} dependencies as `findLicenceProblems`
 * @param {readonly string[]} ignored the packages whose scripts the workspace does not run
 * @param {Readonly<Record<string, string>>} allowed reasons by package
 * @returns {string[]}
 */
export function findScriptProblems(dependencies, ignored, allowed = INSTALL_SCRIPTS) {
  const running = dependencies.filter((each) => scriptsOf(each).length > 0);
  const unknown = running.filter(({ manifest }) => !Object.hasOwn(allowed, manifest.name));
  const stale = Object.keys(allowed).filter((name) => !running.some(({ manifest }) => manifest.name === name));
  const run = Object.keys(allowed).filter((name) => !ignored.includes(name));
  return [
    ...unknown.map((each) => `${each.id} runs code on installation (${scriptsOf(each).join(", ")}), without a reason`),
    ...stale.map((name) => `INSTALL_SCRIPTS names ${name}, but no dependency of that name has an install script`),
    ...run.map((name) => `ignoredBuiltDependencies in pnpm-workspace.yaml lacks ${name}: its script must not run here`),
  ];
}

/** npm compiles a package with a binding.gyp even if it names no script, unless it says that it needs none. */
function scriptsOf({ manifest, hasBinding }) {
  const named = SCRIPTS.filter((name) => manifest.scripts?.[name] !== undefined);
  return named.length === 0 && hasBinding && manifest.gypfile !== false ? ["binding.gyp"] : named;
}
