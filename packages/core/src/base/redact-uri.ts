import { isKnownScheme } from "./known-schemes.js";

/** What may be shown of a URI: an allow-list, because a part that was misread may hold a piece of the password. */

/** `scheme:`, `//authority`, path, query and the rest. Matches any text that begins with a scheme. */
const PARTS = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/is;

const HOST = /^(?:\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[\p{L}\p{N}._-]+)(?::\d{1,5})?$/iu;

/** Stands for what is hidden. */
const HIDDEN = "***";

/** Whether a URI with this scheme names a file or folder, which may be shown. */
export function isPathScheme(scheme: string): boolean {
  return /^lmdb$|\+(unix|socket)$/i.test(scheme);
}

/** Whether the text is `host`, `host:port` or `[IPv6]:port`. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * The URI as it may be shown: the scheme, the hosts, the number of a database, the path of a file or folder. Credentials,
 * the query and everything that cannot be read are `***`; so is an unknown scheme that does not
 * stand before `//`, because a URI without a scheme may begin with its user or password.
 */
export function redactUri(uri: string): string {
  const [, scheme, authority, path = "", query, fragment] = PARTS.exec(uri) ?? [];
  if (scheme === undefined) return HIDDEN;
  const options = query === undefined ? "" : `?${HIDDEN}`;
  if (authority === undefined) {
    const shown = isKnownScheme(scheme) ? `${scheme}:` : "";
    return `${shown}${showPath(scheme, path) ?? HIDDEN}${options}`;
  }
  const at = authority.lastIndexOf("@");
  const hosts = authority.slice(at + 1);
  const isReadable = hosts === "" || hosts.split(",").every(isHost);
  // An "@" behind the authority: a "/", "?" or "#" in the password has cut it in two.
  const isCut = `${path}${query ?? ""}`.includes("@") || fragment !== undefined;
  if (!isReadable || isCut) return `${scheme}://${HIDDEN}`;
  const isDatabase = /^\/{0,2}\d{0,6}$/.test(path);
  const shownPath = isDatabase ? path : hosts === "" ? showPath(scheme, path) : undefined;
  return `${scheme}://${at < 0 ? "" : `${HIDDEN}@`}${hosts}${shownPath ?? `/${HIDDEN}`}${options}`;
}

/** The path of a file or folder; `undefined`: it may be something else. */
function showPath(scheme: string, path: string): string | undefined {
  if (path === "") return path;
  const isPlain = !/[@:\p{Cc}]/u.test(path.replace(/^\/*[a-z]:(?=[\\/])/i, ""));
  return isPathScheme(scheme) && isPlain ? path : undefined;
}

/**
 * A text that may hold URIs, such as a program's words about its own options: each word with `://` is shown as `redactUri`
 * does, and of one like `user:password@host` only the end.
 */
export function redactText(text: string): string {
  return text.replace(/[^\s"'`]+/g, redactWord);
}

const LONGEST_SCHEME = 40;

function redactWord(word: string): string {
  const slashes = word.indexOf("://");
  if (slashes >= 0) {
    const before = word.slice(Math.max(0, slashes - LONGEST_SCHEME), slashes);
    const start = slashes - (/[a-z][a-z0-9+.-]*$/i.exec(before)?.[0].length ?? 0);
    return redactBefore(word.slice(0, start)) + redactUri(word.slice(start));
  }
  return redactBefore(word);
}

function redactBefore(word: string): string {
  const colon = word.indexOf(":");
  const at = word.lastIndexOf("@");
  return colon >= 0 && colon < at && at < word.length - 1 ? `${HIDDEN}${word.slice(at)}` : word;
}
