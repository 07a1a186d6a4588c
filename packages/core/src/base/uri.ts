import { ConfigError } from "./errors.js";
import { isHost, isPathScheme, redactUri } from "./redact-uri.js";

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

/** @throws ConfigError that names the wrong part; it shows no more of the URI than `redactUri` does. */
export function parseUri(uri: string): ParsedUri {
  const trouble = findTrouble(uri);
  const match = URI.exec(uri);
  if (trouble !== undefined || !match) throw unreadable(uri, trouble ?? "expected scheme://host[:port][/path]");
  const [, scheme, authority = "", path, query = ""] = match;
  if (/@/.test(path! + query) && !(isPathScheme(scheme!) && authority === "")) {
    throw unreadable(uri, 'write "/" and "?" in a password as %2F and %3F, and "@" in a path or an option as %40');
  }
  const at = authority.lastIndexOf("@");
  const credentials = at >= 0 ? authority.slice(0, at) : undefined;
  const colon = credentials?.indexOf(":") ?? -1;
  const username = credentials === undefined ? "" : colon >= 0 ? credentials.slice(0, colon) : credentials;
  const password = credentials !== undefined && colon >= 0 ? credentials.slice(colon + 1) : "";
  return {
    scheme: scheme!.toLowerCase(),
    username: username === "" ? undefined : decode(uri, username),
    password: password === "" ? undefined : decode(uri, password),
    hosts: authority.slice(at + 1) === "" ? [] : splitHosts(uri, authority.slice(at + 1), at >= 0),
    path: decode(uri, path!),
    query: splitQuery(uri, query),
  };
}

/** What is wrong with the text before its parts are looked at; `undefined`: nothing. */
export function findTrouble(uri: string): string | undefined {
  if (uri.trim() === "") return "it is empty";
  if (/^\s/.test(uri)) return "it begins with a blank or a line break: remove that";
  if (/^["'`]/.test(uri)) return "it begins with a quotation mark: remove the quotation marks";
  if (/\s$/.test(uri)) return "it ends with a blank or a line break: remove that";
  if (/\p{Cc}/u.test(uri)) return "it holds a line break or another control character: remove that";
  if (uri.includes("#")) return 'write a "#" inside a password or path as %23';
  return undefined;
}

function unreadable(uri: string, hint: string): ConfigError {
  return new ConfigError(`cannot read the URI ${JSON.stringify(redactUri(uri))}: ${hint}`, { field: "uri" });
}

function splitHosts(uri: string, text: string, hasCredentials: boolean): { host: string; port: number | undefined }[] {
  return text.split(",").map((part, index) => {
    const match = isHost(part) ? /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(part) : null;
    const port = match?.[3] === undefined ? undefined : Number(match[3]);
    if (!match || port === 0 || (port ?? 0) > 65_535) {
      const which = text.includes(",") ? `host ${index + 1}` : "the host";
      const hint = "expected host, host:port or [IPv6]:port with a port from 1 to 65535";
      const advice = hasCredentials && !text.includes(";") ? "" : `; ${passwordHint(uri)}`;
      throw new ConfigError(`cannot read ${which} in the URI ${redactUri(uri)}: ${hint}${advice}`, { field: "uri" });
    }
    return { host: (match[1] ?? match[2])!, port };
  });
}

function passwordHint(uri: string): string {
  if (!uri.includes(";")) {
    return 'a password is followed by "@" and the host, and a "/", "?", "#" or "@" in it is written %2F, %3F, %23 or %40';
  }
  const sentinels = /^celery\+/i.test(uri) ? "celery+redis-sentinel" : "redis-sentinel";
  return `several hosts share one scheme and are separated by commas, as in ${sentinels}://one:26379,two:26379/main/0`;
}

function splitQuery(uri: string, text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = decode(uri, equals < 0 ? part : part.slice(0, equals));
    if (query.has(key)) {
      throw new ConfigError(`an option occurs twice in the query of the URI ${redactUri(uri)}`, { field: "uri" });
    }
    query.set(key, equals < 0 ? "" : decode(uri, part.slice(equals + 1)));
  }
  return query;
}

function decode(uri: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    const hint = 'write a "%" itself as %25';
    throw new ConfigError(`the URI ${redactUri(uri)} has a broken percent escape: ${hint}`, { field: "uri" });
  }
}
