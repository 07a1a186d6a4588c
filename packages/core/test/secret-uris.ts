import { inspect } from "node:util";
import { seeded } from "@beatx/test-servers/seeded";

/** A URI with a planted password, wrong in up to three ways. */
export interface SecretUri {
  readonly uri: string;
  /** The parts of the password. None of them may ever be shown, in upper or lower case. */
  readonly pieces: readonly string[];
}

type Random = () => number;
type Change = (uri: string, scheme: string, password: string) => string;

/** Characters that people leave unescaped in a password. */
const SEPARATORS = [
  "/",
  "?",
  "@",
  "#",
  ":",
  "%",
  "[",
  "]",
  ",",
  ";",
  " ",
  "&",
  "=",
  "\\",
  "%zz",
  "|",
  "$",
  "//",
  "://",
];
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Always colons before the password: without one, a URI whose host is missing names the password as its host. */
const FORMS: readonly ((scheme: string, password: string) => string)[] = [
  (scheme, password) => `${scheme}://user:${password}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://:${password}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://:${password}@127.0.0.1`,
  (scheme, password) => `${scheme}://user:${password}@127.0.0.1:1,127.0.0.1:2/main/0`,
  (scheme, password) => `${scheme}://:${password}@/run/beatx-test.sock`,
  (scheme, password) => `${scheme}://user:1234/${password}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://user:1234?${password}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://user:1234#${password}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://${encodeURIComponent(password)}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://user:${encodeURIComponent(password)}@127.0.0.1:1/0`,
  (scheme, password) => `${scheme}://127.0.0.1:1/0?password=${password}`,
  (scheme, password) => `${scheme}://127.0.0.1:1/0?${password}`,
  (scheme, password) => `${scheme}://127.0.0.1:1/0?${password}=1`,
  (scheme, password) => `${scheme}://127.0.0.1:1/0?colour=${password}`,
  (scheme, password) => `${scheme}://user:${password}@127.0.0.1:1/0?colour=${password}`,
];

const CHANGES: readonly Change[] = [
  (uri) => ` ${uri}`,
  (uri) => `\n${uri}`,
  (uri) => `${uri}\n`,
  (uri) => `"${uri}"`,
  (uri) => `'${uri}'`,
  (uri) => `<${uri}>`,
  (uri) => `URI=${uri}`,
  (uri, scheme) => uri.replace(`${scheme}://`, ""),
  (uri, scheme) => uri.replace(`${scheme}:`, ""),
  (uri) => uri.replace("//", ""),
  (uri) => uri.replace("//", "/"),
  (uri) => uri.replace("://", "//"),
  (uri) => uri.replace("://", ":://"),
  (uri) => uri.replace("://", ":\\\\"),
  (uri, scheme) => `${scheme}://${uri}`,
  (uri, scheme) => uri.replace(scheme, `${scheme.slice(1, 2)}${scheme.slice(0, 1)}${scheme.slice(2)}`),
  (uri, scheme) => uri.replace(scheme, scheme.toUpperCase()),
  (uri, scheme) => uri.replace(scheme, `${scheme}s`),
  (uri, scheme) => uri.replace(scheme, scheme.split("+").at(-1)!),
  (uri) => uri.replace("127.0.0.1:1", "127.0.0.1:0"),
  (uri) => uri.replace("127.0.0.1:1", "127.0.0.1:99999"),
  (uri) => uri.replace("127.0.0.1", "127.0.0.1;x://127.0.0.1"),
  (uri, _scheme, password) => `${uri}${uri.includes("?") ? "&" : "?"}${password}=${password}`,
  // The end of a password with a colon before it and a letter at its beginning is no host.
  (uri, _scheme, password) => (isAfterColon(uri, password) ? uri.slice(0, uri.lastIndexOf("@")) : uri),
  (uri, _scheme, password) => (isAfterColon(uri, password) ? uri.replace(/@([^@]*)$/, "$1") : uri),
];

/** `count` URIs drawn from the seed, in turn for each of the schemes. */
export function* secretUris(seed: number, count: number, schemes: readonly string[]): Generator<SecretUri> {
  const random = seeded(seed);
  for (let index = 0; index < count; index++) {
    const scheme = schemes[index % schemes.length]!;
    const pieces = Array.from({ length: 1 + Math.floor(random() * 3) }, () => drawPiece(random));
    const password = pieces.reduce((text, piece) => `${text}${pick(random, SEPARATORS)}${piece}`);
    let uri = pick(random, FORMS)(scheme, password);
    for (let left = Math.floor(random() * 4); left > 0; left--) uri = pick(random, CHANGES)(uri, scheme, password);
    yield { uri, pieces };
  }
}

/** The pieces of the password that the value shows: an error with its causes, an object as Node prints it, or a text. */
export function shownPieces({ pieces }: SecretUri, value: unknown): string[] {
  const text = (typeof value === "string" ? value : showAll(value)).toLowerCase();
  return pieces.filter((piece) => text.includes(piece));
}

function showAll(value: unknown): string {
  const texts = [inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null })];
  for (let error = value; error instanceof Error; error = error.cause) {
    texts.push(String(error), error.stack ?? "", JSON.stringify(error), ...Object.values(error).map(String));
  }
  return texts.join("\n");
}

/** Letters first, so that it is no port. */
function drawPiece(random: Random): string {
  return `zq${Array.from({ length: 8 }, () => pick(random, [...LETTERS])).join("")}`;
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** Not if the password holds an "@": what follows that looks like a host. */
function isAfterColon(uri: string, password: string): boolean {
  return uri.includes(`:${password}@`) && !password.includes("@");
}
