import { MAX_TIMER_MS } from "./clock.js";
import { describe, describeKind } from "./describe.js";
import { ConfigError } from "./errors.js";
import { Faults } from "./faults.js";
import { guarded } from "./json.js";
import { isWholeBetween } from "./number-range.js";

type Shape = readonly [isGood: (value: unknown) => boolean, expected: string];

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const has = (value: unknown, field: string, type: string): boolean =>
  isObject(value) && typeof (value as Record<string, unknown>)[field] === type;
const isListOf = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && Array.from(value as unknown[]).every(isItem);
const isProvider = (value: unknown): boolean =>
  has(value, "open", "function") && Array.isArray((value as { readonly schemes?: unknown }).schemes);
const isType = (value: unknown): boolean =>
  (has(value, "type", "string") && has(value, "parse", "function")) ||
  (has(value, "calendar", "string") && has(value, "open", "function"));
const withMethods = (...names: readonly string[]): Shape => [
  (value) => names.every((name) => has(value, name, "function")),
  `an object with the methods ${names.join(", ")}`,
];

const NAME: Shape = [
  (value) => typeof value === "string" && /^[\w.:-]{1,100}$/.test(value),
  '1 to 100 letters, digits, ".", ":", "_" or "-"',
];

/** The shapes of the options that beats and clients share. Values inside are checked where they are used. */
const SHAPES: Readonly<Record<string, Shape>> = {
  app: NAME,
  by: [(value) => isText(value) && (value as string).length <= 200, "a non-empty text of at most 200 characters"],
  clock: withMethods("now", "monotonicMs", "setTimer"),
  commandTimeoutMs: [(value) => isWholeBetween(value, 1, MAX_TIMER_MS), `a whole number from 1 to ${MAX_TIMER_MS}`],
  deadLetter: [
    (value) => isText(value) || isObject(value) || typeof value === "function",
    "a URI, a publisher or a function",
  ],
  configuration: [isObject, "an object with the fields schedule, app and configVersion"],
  from: [isText, "the path of a folder or file, or a file URL"],
  handlers: [isObject, "an object with a function for each task"],
  logger: withMethods("info", "warn", "error"),
  namespace: NAME,
  publisher: [
    (value) => isText(value) || isObject(value) || typeof value === "function",
    "a URI, a publisher or a function",
  ],
  publisherOptions: [isObject, "an object"],
  publishers: [(value) => isListOf(value, isProvider), "an array of providers with `schemes` and `open`"],
  random: [(value) => typeof value === "function", "a function"],
  replaceSchedule: [(value) => typeof value === "boolean", "true or false"],
  scheduleTypes: [
    (value) => isListOf(value, isType),
    "an array of types with `type` and `parse`, or of calendars with `calendar` and `open`",
  ],
  store: [(value) => isText(value) || isObject(value), "a URI, or a store"],
  storeOptions: [isObject, "an object"],
  stores: [(value) => isListOf(value, isProvider), "an array of providers with `schemes` and `open`"],
};

/** Options whose values hold addresses and passwords. Errors name only the kind of such a value. */
const SECRET = new Set([
  "store",
  "stores",
  "storeOptions",
  "publisher",
  "publishers",
  "publisherOptions",
  "deadLetter",
]);

/** @throws ConfigError that names each option that is set and has the wrong shape. */
export function checkShapes(options: object): void {
  const faults = new Faults();
  for (const [field, value] of Object.entries(options)) {
    const [isGood, expected] = SHAPES[field] ?? [];
    if (!isGood || value === undefined || faults.collect(() => guarded(field, () => isGood(value))) !== false) continue;
    const found = (SECRET.has(field) ? describeKind : describe)(value);
    faults.add(new ConfigError(`${field} is ${found}: expected ${expected}`, { field }));
  }
  faults.throwAny();
}
