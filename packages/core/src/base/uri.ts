import { ConfigError } from "./errors.js";

/**
 * The parts of a URI. `parseUri` has its own rules, because URL parsers know neither several hosts nor unix sockets.
 */
export interface ParsedUri {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** Percent-decoded; `undefined` when absent. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** In written order; IPv6 without brackets. Empty for a URI without authority (`lmdb:./folder`). */
  readonly hosts: readonly { readonly host: string; readonly port: number | undefined }[];
  /** The part between the authority and `?`, percent-decoded: `/0`, `./folder`, or empty. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

const URI = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/i;

/** @throws ConfigError that names the URI, without its password, and the wrong part. */
export function parseUri(uri: string): ParsedUri {
  const match = URI.exec(uri);
  if (!match) {
    const hint = uri.includes("#")
      ? 'write a "#" inside a password or path as %23'
      : "expected scheme://host[:port][/path]";
    throw new ConfigError(`cannot read the URI ${JSON.stringify(redactUri(uri))}: ${hint}`, { field: "uri" });
  }
  const [, scheme, authority = "", path, query = ""] = match;
  const at = authority.lastIndexOf("@");
  const credentials = at >= 0 ? authority.slice(0, at) : undefined;
  const colon = credentials?.indexOf(":") ?? -1;
  const username = credentials === undefined ? "" : colon >= 0 ? credentials.slice(0, colon) : credentials;
  const password = credentials !== undefined && colon >= 0 ? credentials.slice(colon + 1) : "";
  return {
    scheme: scheme!.toLowerCase(),
    username: username === "" ? undefined : decode(uri, username),
    password: password === "" ? undefined : decode(uri, password),
    hosts: authority.slice(at + 1) === "" ? [] : splitHosts(uri, authority.slice(at + 1)),
    path: decode(uri, path!),
    query: splitQuery(uri, query),
  };
}

function splitHosts(uri: string, text: string): { host: string; port: number | undefined }[] {
  return text.split(",").map((part) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(part);
    const port = match?.[3] === undefined ? undefined : Number(match[3]);
    if (!match || port === 0 || (port ?? 0) > 65535) {
      const shown = JSON.stringify(part);
      const hint = "expected host, host:port or [IPv6]:port with a port from 1 to 65535";
      throw new ConfigError(`${shown} in the URI ${redactUri(uri)} is not a host: ${hint}`, { field: "uri" });
    }
    return { host: (match[1] ?? match[2])!, port };
  });
}

function splitQuery(uri: string, text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = decode(uri, equals < 0 ? part : part.slice(0, equals));
    if (query.has(key)) throw new ConfigError(`"${key}" occurs twice in the URI ${redactUri(uri)}`, { field: "uri" });
    query.set(key, equals < 0 ? "" : decode(uri, part.slice(equals + 1)));
  }
  return query;
}

function decode(uri: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const hint = 'write a "%" itself as %25';
    throw new ConfigError(`the URI ${redactUri(uri)} has a broken percent escape: ${hint}`, { field: "uri", cause });
  }
}

/**
 * Query options whose values are often secret. An error about an unknown option shows the URI, so it must hide these.
 */
const SECRET_OPTION = /([?&][^=&]*(?:pass|pwd|secret|token|auth)[^=&]*=)[^&#]*/gi;

/**
 * Replaces the secrets in a URI by `***`: everything between the first `:` after the scheme's `//` and the last `@` of
 * the authority, and the values of query options that have a secret's name.
 */
export function redactUri(uri: string): string {
  return uri.replace(SECRET_OPTION, "$1***").replace(/^([a-z][a-z0-9+.-]*:?\/*)([^@]*@)+/i, (whole, scheme: string) => {
    const credentials = whole.slice(scheme.length, -1);
    const colon = credentials.indexOf(":");
    return colon < 0 ? whole : `${scheme}${credentials.slice(0, colon)}:***@`;
  });
}

/** @throws ConfigError for the first query key that is not in `known`; it lists the known ones. */
export function refuseUnknownQuery(uri: string, parsed: ParsedUri, known: readonly string[]): void {
  for (const key of parsed.query.keys()) {
    if (known.includes(key)) continue;
    const list = known.length === 0 ? "this scheme takes none" : `known: ${known.join(", ")}`;
    throw new ConfigError(`unknown option "${key}" in the URI ${redactUri(uri)} (${list})`, { field: "uri" });
  }
}
