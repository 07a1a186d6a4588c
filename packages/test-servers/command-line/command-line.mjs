/**
 * Reads the command lines of this repository's commands. Plain JavaScript on Node's own modules, because `scripts` run it
 * before anything is installed or built. The types are in `command-line.d.mts`.
 */

import { parseArgs } from "node:util";

/** A wrong command line. The message says in one line what is wrong, and then shows the usage. */
export class UsageError extends Error {
  name = "UsageError";

  constructor(problem, usage) {
    super(`${problem}\nusage: ${usage}`);
  }
}

/** Somebody asks for the usage. */
class HelpRequest extends Error {}

/** An option without a value. */
export const flag = { takesValue: false, fallback: false };

/** A text that is not empty; `expected` describes it in errors. */
export function text(expected, fallback) {
  return { takesValue: true, expected, fallback, read: (given) => (given.trim() === "" ? undefined : given) };
}

/** A whole number from `least` on. */
export function wholeNumber(least, fallback) {
  const expected = `a whole number, at least ${least}`;
  return { takesValue: true, expected, fallback, read: (given) => numberFrom(given, least, Number.isSafeInteger) };
}

/** A number from `least` on, with or without decimals. */
export function decimalNumber(least, fallback) {
  const expected = `a number, at least ${least}`;
  return { takesValue: true, expected, fallback, read: (given) => numberFrom(given, least, Number.isFinite) };
}

function numberFrom(given, least, isFit) {
  const value = Number(given);
  return given.trim() !== "" && isFit(value) && value >= least ? value : undefined;
}

/** Some of the known names, separated by commas. */
export function namesOf(known, fallback) {
  const expected = `names of ${known.join(", ")}, separated by commas`;
  const read = (given) => {
    const names = given.split(",");
    return names.every((name) => known.includes(name)) ? names : undefined;
  };
  return { takesValue: true, expected, fallback, read };
}

/**
 * The values of the options, and under `names` the words without an option. An option that is not given has its fallback.
 *
 * @throws UsageError that names the option and its value
 */
export function readCommandLine(args, { usage, options = {}, names: known = [] }) {
  const types = Object.entries(options).map(([name, { takesValue }]) => [
    name,
    { type: takesValue ? "string" : "boolean" },
  ]);
  const { tokens } = parseArgs({ args: [...args], options: Object.fromEntries(types), strict: false, tokens: true });
  if (tokens.some(({ rawName }) => rawName === "--help" || rawName === "-h")) throw new HelpRequest(usage);
  const values = Object.fromEntries(Object.entries(options).map(([name, { fallback }]) => [name, fallback]));
  const names = [];
  try {
    for (const token of tokens) {
      if (token.kind === "option") values[token.name] = valueOf(token, options);
      else if (token.kind === "positional") names.push(nameOf(token.value, known));
    }
  } catch (error) {
    throw new UsageError(error.message, usage);
  }
  return { ...values, names };
}

function valueOf({ name, rawName, value, inlineValue }, options) {
  const option = Object.hasOwn(options, name) && rawName === `--${name}` ? options[name] : undefined;
  if (option === undefined) throw new Error(`there is no option "${rawName}${inlineValue ? `=${value}` : ""}"`);
  if (!option.takesValue) {
    if (inlineValue) throw new Error(`${rawName} is "${value}": it takes no value`);
    return true;
  }
  const isMissing = typeof value !== "string" || (!inlineValue && value.startsWith("--"));
  if (isMissing) throw new Error(`${rawName} has no value: expected ${option.expected}`);
  const read = option.read(value);
  if (read === undefined) throw new Error(`${rawName} is "${value}": expected ${option.expected}`);
  return read;
}

function nameOf(word, known) {
  if (known.includes(word)) return word;
  const expected = known.length === 0 ? "it belongs to no option" : `expected ${known.join(", ")}`;
  throw new Error(`"${word}" is not known here: ${expected}`);
}

/** Reads with `read`. A wrong command line ends the process with exit code 2 and says why; `--help` shows the usage. */
export function orUsage(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof HelpRequest) {
      console.log(`usage: ${error.message}`);
      process.exit(0);
    }
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return process.exit(2);
  }
}
