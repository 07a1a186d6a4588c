/**
 * Finds the provider for the scheme of a URI: first among the providers that the application passed, then in the
 * packages `@beatx/<kind>-<scheme>` and `beatx-<kind>-<scheme>`. Packages are looked up from the application, because
 * core may be installed where it cannot see them.
 */

import { pathToFileURL } from "node:url";

import { BeatxError, ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { redactUri } from "../base/uri.js";
import { locatePackage, lookupPlaces } from "./locate-package.js";

interface Provider {
  readonly schemes: readonly string[];
}

interface ResolveRequest<P extends Provider> {
  readonly kind: "store" | "publisher";
  readonly uri: string;
  /** Providers that the application passed; they come first. */
  readonly given: readonly P[];
  /**
   * Folder, file or file URL from which packages are looked up first; then the entry script and the working directory.
   */
  readonly from?: string | undefined;
}

/** Schemes that belong to a package with another name. */
const ALIASES: Readonly<Record<string, string>> = { rediss: "redis", pylibmc: "memjs" };

/** @throws ConfigError if `uri` is not a URI; BeatxError `UNKNOWN_SCHEME` that lists what was tried. */
export async function findProvider<P extends Provider>(request: ResolveRequest<P>): Promise<P> {
  const { kind, uri, given } = request;
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (!scheme) {
    throw new ConfigError(
      `${kind} ${JSON.stringify(redactUri(uri))} is not a URI: expected scheme:…, such as redis://127.0.0.1:6379/0`,
      { field: kind },
    );
  }
  const known = given.find((provider) => provider.schemes.includes(scheme));
  if (known) return known;
  const packages = packageNames(kind, scheme);
  const places = lookupPlaces(request.from);
  for (const name of packages) {
    const file = await locatePackage(name, places);
    if (file) return loadProvider<P>(kind, name, file, scheme);
  }
  throw new BeatxError(
    "UNKNOWN_SCHEME",
    `no ${kind} answers to "${scheme}:" of ${redactUri(uri)}: looked for ${packages.join(", ")} from ${places.join(", ")}. ` +
      `Install one (npm install ${packages[0]}), or pass its provider in \`${kind}s\`.`,
  );
}

/** Most specific first: `redis-sentinel` gives store-redis-sentinel, then store-redis. */
function packageNames(kind: string, scheme: string): string[] {
  const beforePlus = scheme.split("+")[0]!;
  const bases = [beforePlus, beforePlus.split("-")[0]!].map((base) => ALIASES[base] ?? base);
  return [...new Set(bases)].flatMap((base) => [`@beatx/${kind}-${base}`, `beatx-${kind}-${base}`]);
}

async function loadProvider<P extends Provider>(kind: string, name: string, file: string, scheme: string): Promise<P> {
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const provider = exported[`${kind}Provider`];
  if (!isProvider(provider)) {
    throw new BeatxError(
      "UNKNOWN_SCHEME",
      `the package ${name} does not export a \`${kind}Provider\` with \`schemes\` and \`open\`: update it, or ask its author`,
    );
  }
  if (!provider.schemes.includes(scheme)) {
    throw new BeatxError(
      "UNKNOWN_SCHEME",
      `the package ${name} does not answer to "${scheme}:" (it answers to ${provider.schemes.join(", ")})`,
    );
  }
  return provider as unknown as P;
}

function isProvider(value: unknown): value is Provider {
  return isPlainObject(value) && Array.isArray(value["schemes"]) && typeof value["open"] === "function";
}
