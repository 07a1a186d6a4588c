/** Damaged texts, made from a valid one: as a crash, a copying tool, another program or another version leaves them. */

export interface DamagedText {
  /** How the text was damaged: a key of the counts. */
  readonly kind: string;
  readonly text: string;
}

type Random = () => number;
type Json = Record<string, unknown>;

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** JSON texts that no field of a record expects. Some are no value that JavaScript can write as JSON. */
const ODD_VALUES: readonly string[] = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1",
  "1.5",
  "1e14",
  "1e15",
  "1e17",
  "1e300",
  "1e999",
  "-1e300",
  "8640000000000000",
  "8640000000000001",
  "9007199254740993",
  "5e-324",
  '""',
  '" "',
  '"x"',
  '"0"',
  '"2030-01-01T00:00:30Z"',
  '"\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  "[]",
  "[[]]",
  "{}",
  '{"type":"interval"}',
  '{"type":"nowhere"}',
  '{"__proto__":{"enabled":true}}',
  JSON.stringify("x".repeat(20_000)),
  "[".repeat(3_000) + "]".repeat(3_000),
];

/** Whole texts that have nothing to do with the valid one. */
const FOREIGN_TEXTS: readonly string[] = [
  "",
  " ",
  "null",
  "true",
  "0",
  "-1",
  '"text"',
  "[]",
  "{}",
  "[1,2,3]",
  "undefined",
  "NaN",
  "[object Object]",
  "hello world",
  "\u0000\u0001\u0002",
  "\ud800",
  "\udfff\ud800",
  "\ufeff{}",
  "<?xml version='1.0'?><entry/>",
  "%YAML 1.2\n---\ntask: t\n",
  '{"name":"x","task":"proj.tasks.add","schedule":{"every":10,"period":"seconds"},"enabled":true}',
  '{"__type__":"crontab","minute":"*"}',
  '{"__proto__":{"format":1,"kind":"entry"}}',
  '{"constructor":{"prototype":{}}}',
  "[".repeat(20_000),
  '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000),
  "x".repeat(100_000),
  "9".repeat(5_000),
];

/** All places in a JSON value, as paths. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = [...path, key];
    return [place, ...placesIn(inner, place)];
  });
}

const HOLE = "\u2063hole\u2063";

/** The valid text with the value at one place replaced by a JSON text; `null`: the value is left out. */
function replaceAt(valid: string, place: readonly string[], json: string | null): string {
  const copy = JSON.parse(valid) as Json;
  const holder = place.slice(0, -1).reduce((inner, key) => inner[key] as Json, copy);
  const key = place.at(-1)!;
  if (json === null && !Array.isArray(holder)) delete holder[key];
  else holder[key] = HOLE;
  return JSON.stringify(copy).replace(JSON.stringify(HOLE), () => json ?? "null");
}

function withFields(valid: string, fields: string): string {
  return valid.replace(/\}$/, () => `,${fields}}`);
}

function cut(random: Random, text: string): number {
  return Math.floor(random() * text.length);
}

/** One way to damage a text. Each needs a valid JSON object. */
const WAYS: Record<string, (random: Random, valid: string) => string> = {
  truncated: (random, valid) => valid.slice(0, cut(random, valid)),
  "beginning lost": (random, valid) => valid.slice(1 + cut(random, valid)),
  "middle lost": (random, valid) => {
    const from = cut(random, valid);
    return valid.slice(0, from) + valid.slice(from + 1 + Math.floor(random() * 20));
  },
  "field missing": (random, valid) => replaceAt(valid, pick(random, placesIn(JSON.parse(valid))), null),
  "field replaced": (random, valid) =>
    replaceAt(valid, pick(random, placesIn(JSON.parse(valid))), pick(random, ODD_VALUES)),
  "top field replaced": (random, valid) =>
    replaceAt(valid, [pick(random, Object.keys(JSON.parse(valid) as Json))], pick(random, ODD_VALUES)),
  "field renamed": (random, valid) => {
    const keys = Object.keys(JSON.parse(valid) as Json);
    return valid.replace(`"${pick(random, keys)}":`, '"renamed":');
  },
  "field added": (random, valid) => withFields(valid, `"future":${pick(random, ODD_VALUES)}`),
  "key twice": (random, valid) =>
    withFields(valid, `"${pick(random, Object.keys(JSON.parse(valid) as Json))}":${pick(random, ODD_VALUES)}`),
  __proto__: (random, valid) => withFields(valid, `"__proto__":${pick(random, ODD_VALUES)}`),
  "other format": (random, valid) =>
    withFields(valid, `"format":${pick(random, ["0", "2", "99", '"1"', "1.5", "null"])}`),
  "other kind": (random, valid) =>
    withFields(valid, `"kind":${pick(random, ['"entry"', '"run"', '"removed"', '"cluster"', '"future"', "7"])}`),
  "byte changed": (random, valid) => {
    const at = cut(random, valid);
    return valid.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + valid.slice(at + 1);
  },
  "surrogate inserted": (random, valid) => {
    const at = cut(random, valid);
    return `${valid.slice(0, at)}\ud83d${valid.slice(at)}`;
  },
  "NUL inserted": (random, valid) => {
    const at = cut(random, valid);
    return `${valid.slice(0, at)}\u0000${valid.slice(at)}`;
  },
  "written twice": (_random, valid) => valid + valid,
  quoted: (_random, valid) => JSON.stringify(valid),
  "in an array": (_random, valid) => `[${valid}]`,
  foreign: (random) => pick(random, FOREIGN_TEXTS),
};

export function damagedText(random: Random, valid: string): DamagedText {
  const [kind, way] = pick(random, Object.entries(WAYS));
  return { kind, text: withoutLookUps(way(random, valid)) };
}

/** A type that may be a package is looked up on the disk, for which a fake clock does not wait. */
function withoutLookUps(text: string): string {
  return text.replace(
    /"type":"(?!interval"|crontab"|clocked")([a-z])/g,
    (_all, first: string) => `"type":"${first.toUpperCase()}`,
  );
}
