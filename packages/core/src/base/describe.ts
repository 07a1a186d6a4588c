import { redactText, redactUri } from "./redact-uri.js";

/** The longest part of a value that an error message shows, in characters. */
const LONGEST = 60;

/** A short text for any value, for error messages. Never throws, whatever the value is. */
export function describe(value: unknown): string {
  try {
    return describeValue(value);
  } catch {
    return "a value that cannot be read"; // such as a revoked Proxy
  }
}

/** The longest name of an entry. A stored name may be longer, and is shown up to here. */
export const MAX_NAME_LENGTH = 512;

/** The name of an entry or of any stored record, in quotes. */
export function quoteName(name: string): string {
  return JSON.stringify(showName(name));
}

export function showName(name: string): string {
  return shorten(name, MAX_NAME_LENGTH);
}

/** The text in quotes, shortened, without the secrets of a URI in it. */
export function quote(text: string): string {
  const isUri = /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text);
  return JSON.stringify(shorten(isUri ? redactUri(text.trim()) : redactText(text)));
}

/** The text itself if it is short, else its beginning. */
export function shorten(text: string, longest: number = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

/** The text in one line, shortened. */
export function oneLine(text: string, longest: number): string {
  return shorten(text.replace(/\s*\n\s*/g, " "), longest);
}

/** A line names at most this many records. */
const NAMED = 5;

/** The first few names, once each. */
export function namesIn(names: Iterable<string>): string {
  const all = [...new Set(names)];
  const some = all.slice(0, NAMED).map((name) => shorten(name));
  return some.join(", ") + (all.length > NAMED ? ", …" : "");
}

/** Texts that differ only in their numbers, such as a waiting time or an instant, become the same. */
export function withoutNumbers(text: string): string {
  return text.replace(/\d+(\.\d+)?/g, "#");
}

/** The kind of a value that may be or hold a secret: its content is never shown. */
export function describeKind(value: unknown): string {
  if (value === null || value === undefined || value === "") return describe(value);
  if (typeof value === "string") return "a text";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" || typeof value === "function" ? describe(value) : `a ${typeof value}`;
}

function describeValue(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return describeObject(value);
  return Object.is(value, -0) ? "-0" : shorten(String(value));
}

function describeObject(value: object): string {
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "an invalid Date" : `the Date ${value.toISOString()}`;
  if (Array.isArray(value)) return describeArray(value);
  const kind: unknown = value.constructor?.name;
  return typeof kind === "string" && kind !== "" && kind !== "Object" ? `a ${shorten(kind)}` : "an object";
}

/** Shows a short list of simple values itself. */
function describeArray(items: readonly unknown[]): string {
  const isSimple = items.length <= 10 && items.every((item) => typeof item !== "object" || item === null);
  const text = isSimple ? `[${items.map(describeValue).join(", ")}]` : "";
  return isSimple && text.length <= LONGEST ? text : `an array of ${items.length}`;
}
