import { isSingle, show } from "./fill-figures.mjs";

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
  if (rows.every(([, row]) => isSingle(row))) return listOf(value, rows);
  const flat = rows.map(([key, row]) => [key, isSingle(row) ? { value: row } : flatten(row, rows)]);
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

function listOf(value, rows) {
  if (Array.isArray(value)) return rows.map(([, row]) => `- ${show(row)}`).join("\n");
  return table(["", "value"], rows.map(([key, row]) => [key, show(row)])); // prettier-ignore
}

/**
 * Groups within a row become columns of their own if they have the same fields in all rows, as the values of a distribution;
 * otherwise one text, as counts of faults by kind.
 */
function flatten(row, rows) {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      const fields = sharedFields(rows.map(([, each]) => each?.[name] ?? null));
      if (fields !== undefined) return value === null ? [] : fields.map((field) => [`${name} ${field}`, value[field]]);
      return [[name, isSingle(value) ? value : textOf(value)]];
    }),
  );
}

/** The fields that all groups among the values have in common; `undefined`: some values are none, or differ in them. */
function sharedFields(values) {
  const groups = values.filter((value) => value !== null);
  const isGroup = (value) => !isSingle(value) && !Array.isArray(value) && Object.values(value).every(isSingle);
  if (groups.length === 0 || !groups.every(isGroup)) return undefined;
  const [fields, ...others] = groups.map((group) => Object.keys(group));
  return fields.length > 0 && others.every((each) => each.join() === fields.join()) ? fields : undefined;
}

/** A list or group within a cell. */
function textOf(value) {
  if (isSingle(value)) return show(value);
  const parts = Object.entries(value);
  return parts.map(([part, its]) => (Array.isArray(value) ? textOf(its) : `${part}: ${textOf(its)}`)).join("; ");
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
