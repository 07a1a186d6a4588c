import type { JsonObject, JsonValue } from "@beatx/core";

/** Texts that people, escaping rules and brokers stumble over. */
export const ODD_TEXTS: readonly string[] = [
  " ",
  " leading and trailing ",
  "tab\tand\nnewline\r\n",
  "\"double\" and 'single' and `back`",
  "$1 ${HOME} $(id) %s %00 {{args}}",
  "back\\slash and /slash/ and ..",
  "a:b:c {tag} [0-9]* ?",
  "ünïcödé",
  "u\u0308ni\u0308code decomposed",
  "日本語の名前",
  "\u202Eright to left",
  "separators \u2028 and \u2029, a mark \ufeff",
  "\u{1F680}\u{1F469}\u200D\u{1F4BB}",
  "a NUL \u0000 in the middle",
  "__proto__",
  "constructor",
  "null",
  "0",
  "1e3",
  "x".repeat(300),
];

export const ODD_ARGS: readonly JsonValue[] = [
  "",
  ...ODD_TEXTS,
  0,
  -1,
  2.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  true,
  false,
  null,
  [],
  {},
  [[[[[[]]]]]],
  [null, [true, [1, ["deep", { in: ["it", {}] }]]]],
  { a: { b: { c: { d: [1, { e: null }] } } }, "": "an empty name", "1": "a number's name" },
];

export const ODD_KWARGS: JsonObject = {
  "": "an empty name",
  "with space": 1,
  ключ: "😀",
  constructor: "not the one of objects",
  nested: { list: [1, [2, [3]]], object: { empty: {} } },
  nothing: null,
};
