import { show } from "./fill-figures.mjs";

/** What every file begins with; the page shows it above the figures. */
const HEAD = ["command", "recordedOn", "node", "cpus"];

/**
 * All figures of a file as Markdown tables, whatever its fields are: single values in one, and one for each list or group.
 *
 * @param {object} figures
 * @returns {string}
 */
export function figureTables(figures) {
  const fields = Object.entries(figures).filter(([name]) => !HEAD.includes(name));
  const single = fields.filter(([, value]) => isSingle(value));
  const groups = fields.filter(([, value]) => !isSingle(value));
  const tables = groups.map(([name, value]) => `**${wordsOf(name)}**\n\n${tableOf(value)}`);
  return [...(single.length === 0 ? [] : [pairs(single)]), ...tables].join("\n\n");
}

function isSingle(value) {
  return value === null || typeof value !== "object";
}

/** `faultsByKind` as "Faults by kind". */
export function wordsOf(name) {
  const words = name.replace(/([a-z0-9])([A-Z])/g, (_whole, end, begin) => `${end} ${begin.toLowerCase()}`);
  const withUnit = words.replace(/ ms$/, " (ms)");
  return withUnit.charAt(0).toUpperCase() + withUnit.slice(1);
}

function pairs(entries) {
  return table(["figure", "value"], entries.map(([name, value]) => [wordsOf(name), show(value)])); // prettier-ignore
}

function tableOf(value) {
  const rows = Object.entries(value);
  if (rows.length === 0) return "None.";
  if (rows.every(([, row]) => isSingle(row))) {
    const isList = Array.isArray(value);
    return isList ? rows.map(([, row]) => `- ${show(row)}`).join("\n") : table(["", "value"], rows.map(([key, row]) => [key, show(row)])); // prettier-ignore
  }
  const flat = rows.map(([key, row]) => [key, isSingle(row) ? { value: row } : flatten(row)]);
  const columns = [...new Set(flat.flatMap(([, row]) => Object.keys(row)))];
  const named = Array.isArray(value) ? [] : [""];
  return table(
    [...named, ...columns.map(wordsOf)],
    flat.map(([key, row]) => [
      ...(named.length === 0 ? [] : [key]),
      ...columns.map((column) => (column in row ? show(row[column]) : "")),
    ]),
  );
}

/** Fields of fields become fields: `{ lateMs: { max: 1 } }` is `{ "lateMs max": 1 }`. */
function flatten(row, prefix = "") {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      isSingle(value) ? [[`${prefix}${name}`, value]] : Object.entries(flatten(value, `${prefix}${name} `)),
    ),
  );
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
