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
    return `${shown}${showPath(scheme, path) ?? HIDDEN}${options}` || HIDDEN;
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
 * A URI in a text: to the last "@" of its line before the next URI, because a password may hold blanks and quotation marks,
 * and on to the end of that word. The length of a scheme is limited, so that a long word takes no quadratic time.
 */
const URI_IN_TEXT = /([a-z][a-z0-9+.-]{0,40}:\/\/(?:(?:(?!:\/\/).)*@)?[^\s"'`]*)/i;

/**
 * A text that may hold URIs, such as a program's words about its own options: each is shown as `redactUri` does. Of a word
 * like `user:password@host` only the end is shown, and of one like `password=…` the beginning.
 */
export function redactText(text: string): string {
  // The URIs have the odd places. To look for one takes long in a text of megabytes.
  const parts = text.includes("://") ? text.split(URI_IN_TEXT) : [text];
  return parts.map((part, index) => (index % 2 === 1 ? redactUri(part) : redactWords(part))).join("");
}

function redactWords(text: string): string {
  return text
    .replace(/[^\s"'`]+/g, redactWord)
    .replace(/(password|passwd|pwd|secret|token)=[^\s"'`,;&]+/gi, `$1=${HIDDEN}`);
}

function redactWord(word: string): string {
  const colon = word.indexOf(":");
  const at = word.lastIndexOf("@");
  return colon >= 0 && colon < at ? `${HIDDEN}${word.slice(at)}` : word;
}
