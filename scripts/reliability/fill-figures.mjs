/** The commands that write figures, by the name of their file in docs/reliability. */
export const RECORDERS = {
  simulation: "npm run simulate -- --record",
  "planted-bugs": "npm run planted -- --record",
  chaos: "npm run chaos -- --record",
  "take-over": "npm run take-over -- --record",
  soak: "npm run soak -- --record",
};

const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** What a path can be asked for; without a word, it must lead to one single value. */
const WORDS = {
  sum: (values) => numbersIn(values).reduce((total, each) => total + each, 0),
  max: (values) => Math.max(...numbersIn(values)),
  count: (values) => values.flat().length,
};

/** A value as the page shows it. @param {unknown} value */
export function show(value) {
  if (typeof value === "number") return NUMBER.format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === null || value === undefined) return "none";
  return String(value).replaceAll("|", "\\|").replaceAll("\n", " ");
}

/**
 * Replaces each `{a.b}` of a sentence by that figure. A part in brackets chooses rows of a list, `{rows[fault=kill,store=redis].ms}`.
 * `{sum:rows.faults}`, `{max:rows.ms}` and `{count:rows}` take all numbers, or rows, that the path leads to.
 *
 * @param {string} sentence
 * @param {object} figures the contents of a file of docs/reliability
 * @param {string} name of that file
 * @returns {string} @throws Error that names the file and the field that it lacks
 */
export function fillFigures(sentence, figures, name) {
  return sentence.replace(/\{(?:(sum|max|count):)?([^}]+)\}/g, (_whole, word, path) => {
    const values = valuesAt(figures, path);
    const isFound = values.length > 0 && (word !== undefined || (values.length === 1 && isSingle(values[0])));
    if (isFound) return show(word === undefined ? values[0] : WORDS[word](values));
    throw new Error(`docs/reliability/${name}.json has no figure "${path}", which a sentence of promises.json names`);
  });
}

/** Whether a value is no list or group. */
export function isSingle(value) {
  return value === null || typeof value !== "object";
}

function valuesAt(figures, path) {
  const parts = path.match(/\[[^\]]+\]|[^.[\]]+/g) ?? [];
  return parts.reduce((values, part) => values.flatMap((value) => step(value, part)), [figures]);
}

function step(value, part) {
  if (isSingle(value)) return [];
  if (!part.startsWith("[")) {
    const owners = Array.isArray(value) ? value : [value];
    const found = owners.flatMap((owner) => (!isSingle(owner) && Object.hasOwn(owner, part) ? [owner[part]] : []));
    return found.filter((each) => each !== undefined);
  }
  const wanted = part
    .slice(1, -1)
    .split(",")
    .map((each) => each.split("="));
  return Object.values(value).filter((row) => wanted.every(([field, text]) => String(row?.[field]) === text));
}

function numbersIn(value) {
  if (typeof value === "number") return [value];
  return isSingle(value) ? [] : Object.values(value).flatMap(numbersIn);
}
