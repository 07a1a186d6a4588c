import type { JsonValue } from "@beatx/core";

/** Celery's `argsrepr_maxsize` and `kwargsrepr_maxsize`. */
const DEFAULT_MAX_LENGTH = 1024;
const MAX_LEVELS = 3;

interface Output {
  text: string;
  /** Code points that may still be written. */
  left: number;
  /** Set by the first token without room. After it, only closing brackets are written. */
  cut: boolean;
}

/**
 * A JSON value as Celery's `saferepr` writes it: Python notation, three levels deep, cut after about `maxLength` code
 * points. Workers show it in logs and monitors in place of the arguments. It follows Celery token by token, oddities
 * included: a bracket that falls on the limit itself is lost.
 */
export function pythonRepr(value: JsonValue, maxLength: number = DEFAULT_MAX_LENGTH): string {
  const output: Output = { text: "", left: maxLength, cut: false };
  writeValue(output, value, 0);
  return output.text;
}

function writeValue(output: Output, value: JsonValue, level: number): void {
  if (output.cut) return;
  if (typeof value === "string") return write(output, quote(value, output.left));
  if (value === null || typeof value !== "object") return write(output, truncate(pythonScalar(value), output.left));
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (level >= MAX_LEVELS) return write(output, truncate(`${open}...${close}`, output.left));
  write(output, open!);
  writeItems(output, value, level + 1);
  if (output.cut) output.text += close;
  else write(output, close!);
}

function writeItems(output: Output, container: object, level: number): void {
  const items = Object.entries(container) as [string, JsonValue][];
  const keyed = !Array.isArray(container);
  for (const [index, [key, value]] of items.entries()) {
    if (output.cut) return;
    if (index > 0) write(output, ", ");
    if (keyed) {
      write(output, quote(key, output.left));
      write(output, ": ");
    }
    writeValue(output, value, level);
  }
}

function write(output: Output, token: string): void {
  if (output.cut) return;
  if (output.left <= 0) {
    output.text += ", ...";
    output.cut = true;
    return;
  }
  output.text += token;
  output.left -= countCodePoints(token);
}

function pythonScalar(value: null | boolean | number): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return pythonNumber(value);
}

/** The number as Python shows it after reading our JSON: `1e-05` where JavaScript writes `0.00001`. */
function pythonNumber(value: number): string {
  const small = value !== 0 && Math.abs(value) < 1e-4;
  const text = small ? value.toExponential() : JSON.stringify(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function quote(text: string, maxLength: number): string {
  return `'${truncate(text, maxLength).replaceAll("'", "\\'")}'`;
}

/** Cuts at the last space before `maxLength`, as Celery's `truncate` does. A text of exactly that length is cut, too. */
function truncate(text: string, maxLength: number): string {
  if (text.length < maxLength || maxLength <= 0) return text;
  const codePoints = Array.from(text);
  if (codePoints.length < maxLength) return text;
  const start = codePoints.slice(0, maxLength).join("");
  const space = start.lastIndexOf(" ");
  return `${space < 0 ? start : start.slice(0, space)}...`;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += text.codePointAt(index)! > 0xffff ? 2 : 1) count += 1;
  return count;
}
