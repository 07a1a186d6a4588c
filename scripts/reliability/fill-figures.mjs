/** The commands that write figures, by the name of their file in docs/reliability. */
export const RECORDERS = {
  simulation: "npm run simulate -- --record",
  "planted-bugs": "npm run planted-bugs -- --record",
  chaos: "npm run chaos -- --record",
  "take-over": "npm run take-over -- --record",
  soak: "npm run soak -- --record",
};

const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** A value as the page shows it. @param {unknown} value */
export function show(value) {
  if (typeof value === "number") return NUMBER.format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === null || value === undefined) return "none";
  return String(value).replaceAll("|", "\\|").replaceAll("\n", " ");
}

/**
 * Replaces each `{a.b}` of a sentence by that figure. A part in brackets chooses a row of a list: `{rows[fault=kill -9].maxMs}`.
 *
 * @param {string} sentence
 * @param {object} figures the contents of a file of docs/reliability
 * @param {string} name of that file
 * @returns {string} @throws Error that names the file and the field that it lacks
 */
export function fillFigures(sentence, figures, name) {
  return sentence.replace(/\{([^}]+)\}/g, (_whole, path) => {
    const value = valueAt(figures, path);
    if (value !== undefined && (typeof value !== "object" || value === null)) return show(value);
    throw new Error(`docs/reliability/${name}.json has no figure "${path}", which a sentence of promises.json names`);
  });
}

function valueAt(figures, path) {
  const parts = path.match(/\[[^\]]+\]|[^.[\]]+/g) ?? [];
  return parts.reduce((value, part) => {
    if (value === null || typeof value !== "object") return undefined;
    if (!part.startsWith("[")) return Object.hasOwn(value, part) ? value[part] : undefined;
    const wanted = part
      .slice(1, -1)
      .split(",")
      .map((each) => each.split("="));
    return Object.values(value).find((row) => wanted.every(([field, text]) => String(row?.[field]) === text));
  }, figures);
}
