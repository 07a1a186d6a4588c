/**
 * Finds the provider for the scheme of a URI: first among the providers that the application passed, then in the
 * package of this project that is known for it, then in installed packages `@beatx/<kind>-<scheme>` and
 * `beatx-<kind>-<scheme>`. Packages are looked up from the application, because core may be installed where it cannot see
 * them. Only packages of this project are ever recommended: anybody may publish one that is named after a typo.
 */

import { pathToFileURL } from "node:url";

import { BeatxError, ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { packageOf, type UriKind } from "../base/known-schemes.js";
import { redactUri } from "../base/redact-uri.js";
import { findTrouble, parseUri } from "../base/uri.js";
import { explainScheme, showScheme } from "./explain-scheme.js";
import { describePlaces, explainLookup, locatePackage, lookupPlaces } from "./locate-package.js";

interface Provider {
  readonly schemes: readonly string[];
}

interface ResolveRequest<P extends Provider> {
  readonly kind: UriKind;
  readonly uri: string;
  /** Providers that the application passed; they come first. */
  readonly given: readonly P[];
  /**
   * Folder, file or file URL from which packages are looked up first; then the entry script and the working directory.
   */
  readonly from?: string | undefined;
}

/** @throws ConfigError if `uri` is not a URI; BeatxError `UNKNOWN_SCHEME` that says what to write or to install. */
export async function findProvider<P extends Provider>(request: ResolveRequest<P>): Promise<P> {
  const { kind, uri, given } = request;
  const scheme = schemeOf(kind, uri);
  const known = given.find((provider) => provider.schemes.includes(scheme));
  if (known) return known;
  const names = packageNames(kind, scheme);
  const places = lookupPlaces(request.from);
  for (const name of names) {
    const file = await locatePackage(name, places);
    if (file !== undefined) return loadProvider<P>({ kind, uri, scheme, name, file });
  }
  throw new BeatxError("UNKNOWN_SCHEME", explainUnknown(request, scheme));
}

/**
 * Finds the faults that a URI has whatever its provider says, and opens nothing. A provider of the application may have
 * rules of its own. @throws ConfigError
 */
export function checkUri(kind: UriKind, uri: string, given: readonly Provider[] = []): void {
  const scheme = schemeOf(kind, uri);
  if (packageOf(kind, scheme) === undefined || given.some(({ schemes }) => schemes.includes(scheme))) return;
  try {
    parseUri(uri);
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error;
    throw new ConfigError(`${kind}: ${error.message}`, { field: kind });
  }
}

/** The key of a setting that was copied with its value. Only these words are shown: others may be secrets. */
const KEY =
  /^((?:store|publisher|ur[il]|(?:beatx_)(?:store|publisher)|(?:redis|broker|celery_broker)_url)(?:\s*=|\s*:(?=\s)))/i;
const FOLDER = /^(?:\.{1,2}|~)?\//;

/** In lower case. @throws ConfigError if there is none. */
function schemeOf(kind: UriKind, uri: string): string {
  const key = KEY.exec(uri)?.[1];
  if (key !== undefined) {
    throw new ConfigError(`the ${kind} is not a URI: it begins with "${key}": give what follows it alone`, {
      field: kind,
    });
  }
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme !== undefined) return scheme;
  const example = kind === "store" ? "redis://127.0.0.1:6379/0" : "celery+redis://127.0.0.1:6379/0";
  const trouble = findTrouble(uri) ?? "its scheme is missing";
  const isFolder = kind === "store" && FOLDER.test(uri) && findTrouble(uri) === undefined;
  const wayOut = isFolder ? `for a folder write ${redactUri(`lmdb:${uri}`)}` : `expected scheme:…, such as ${example}`;
  const message = `the ${kind} is not a URI: ${trouble}; ${wayOut}`;
  throw new ConfigError(message, { field: kind });
}

/** The store and the publisher of a node: what is no URI needs no package. */
interface NodeChoice {
  readonly store: unknown;
  readonly stores?: readonly Provider[];
  readonly publisher?: unknown;
  readonly publishers?: readonly Provider[];
  readonly from?: string;
}

/**
 * Refuses URIs whose packages are not installed, both at once, so that one installation is enough. Opens nothing.
 * @throws BeatxError `UNKNOWN_SCHEME` that names what to install; for a URI without such a package, `findProvider` does.
 */
export async function requirePackages({ store, stores, publisher, publishers, from }: NodeChoice): Promise<void> {
  const requests = [
    ...(typeof store === "string" ? [{ kind: "store", uri: store, given: stores ?? [], from } as const] : []),
    ...(typeof publisher === "string"
      ? [{ kind: "publisher", uri: publisher, given: publishers ?? [], from } as const]
      : []),
  ];
  const missing = (await Promise.all(requests.map(findMissing))).filter((each) => each !== undefined);
  if (missing.length > 0) throw new BeatxError("UNKNOWN_SCHEME", explainMissing(missing, from));
}

/** The package of this project that a URI needs, if neither it nor another one that answers to its scheme is installed. */
async function findMissing({ kind, uri, given, from }: ResolveRequest<Provider>): Promise<MissingUri | undefined> {
  const scheme = schemeOf(kind, uri);
  const name = packageOf(kind, scheme);
  if (name === undefined || given.some(({ schemes }) => schemes.includes(scheme))) return undefined;
  const places = lookupPlaces(from);
  for (const each of packageNames(kind, scheme)) {
    if ((await locatePackage(each, places)) !== undefined) return undefined;
  }
  return { kind, uri, name };
}

interface MissingUri {
  readonly kind: UriKind;
  readonly uri: string;
  readonly name: string;
}

function explainMissing(missing: readonly MissingUri[], from: string | undefined): string {
  const needs = missing.map(({ kind, uri, name }) => `the ${kind} ${redactUri(uri)} needs ${name}`).join(", and ");
  const state = missing.length === 1 ? ", which is not installed" : "; neither is installed";
  return `${needs}${state} (looked for from ${describePlaces(from)}). ${explainLookup(missing)}`;
}

function explainUnknown({ kind, uri, from }: ResolveRequest<Provider>, scheme: string): string {
  const name = packageOf(kind, scheme);
  if (name !== undefined) return explainMissing([{ kind, uri, name }], from);
  return `no ${kind} answers to ${showScheme(kind, scheme, uri)} of ${redactUri(uri)}. ${explainScheme(kind, scheme, uri)}`;
}

/** Most specific first: `redis-sentinel` gives store-redis-sentinel, then store-redis. */
function packageNames(kind: UriKind, scheme: string): string[] {
  const beforePlus = scheme.split("+")[0]!;
  const bases = [beforePlus, beforePlus.split("-")[0]!];
  const others = [...new Set(bases)].flatMap((base) => [`@beatx/${kind}-${base}`, `beatx-${kind}-${base}`]);
  const own = packageOf(kind, scheme);
  return own === undefined ? others : [own, ...others.filter((name) => name !== own)];
}

interface Candidate {
  readonly kind: UriKind;
  readonly uri: string;
  readonly scheme: string;
  readonly name: string;
  readonly file: string;
}

async function loadProvider<P extends Provider>({ kind, uri, scheme, name, file }: Candidate): Promise<P> {
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const provider = exported[`${kind}Provider`];
  if (!isProvider(provider)) {
    throw new BeatxError(
      "UNKNOWN_SCHEME",
      `the package ${name} does not export a \`${kind}Provider\` with \`schemes\` and \`open\`: update it, or ask its author`,
    );
  }
  if (!provider.schemes.includes(scheme)) {
    const answers = `(it answers to ${provider.schemes.join(", ")})`;
    throw new BeatxError(
      "UNKNOWN_SCHEME",
      `the package ${name} does not answer to "${scheme}:" ${answers}. ${explainScheme(kind, scheme, uri)}`,
    );
  }
  return provider as unknown as P;
}

function isProvider(value: unknown): value is Provider {
  return isPlainObject(value) && Array.isArray(value["schemes"]) && typeof value["open"] === "function";
}
