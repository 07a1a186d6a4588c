import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "@beatx/core";
import { redactText } from "@beatx/core/adapter";
import { createJiti } from "jiti";
import type { BeatConfig } from "./define-config.js";
import { CONFIG_EXTENSIONS } from "./find-config.js";
import { parseJson, parseYaml } from "./parse-text.js";

interface Format {
  read(file: string): Promise<unknown>;
  readonly isCode: boolean;
}

const TYPESCRIPT: Format = {
  read: (file) => defaultExport(createJiti(file, { interopDefault: false }).import(file)),
  isCode: true,
};
const JAVASCRIPT: Format = { read: (file) => defaultExport(import(pathToFileURL(file).href)), isCode: true };
const JSON_TEXT: Format = { read: async (file) => parseJson(await readFile(file, "utf8")), isCode: false };
const YAML: Format = { read: async (file) => parseYaml(await readFile(file, "utf8")), isCode: false };

const FORMATS: Readonly<Record<(typeof CONFIG_EXTENSIONS)[number], Format>> = {
  ts: TYPESCRIPT,
  mts: TYPESCRIPT,
  cts: TYPESCRIPT,
  mjs: JAVASCRIPT,
  cjs: JAVASCRIPT,
  js: JAVASCRIPT,
  json: JSON_TEXT,
  yaml: YAML,
  yml: YAML,
};

/**
 * Loads the default export of a module, or the content of a JSON or YAML file. Core checks the fields.
 * @throws ConfigError that names the file, if it cannot be loaded or does not hold an object.
 */
export async function loadConfig(file: string): Promise<BeatConfig> {
  const name = basename(file);
  const format = (FORMATS as Readonly<Record<string, Format>>)[extname(file).slice(1)];
  if (format === undefined) {
    throw new ConfigError(
      `${name} is not a configuration file: expected one that ends in ${CONFIG_EXTENSIONS.join(", ")}`,
    );
  }
  const config = await format.read(file).catch((cause: unknown) => {
    // Without the cause: it may quote the file, or a URI that its code could not read.
    throw new ConfigError(`${name} cannot be loaded: ${redactText(explain(file, format, cause))}`);
  });
  if (typeof config === "object" && config !== null && !Array.isArray(config)) return config;
  const expected = format.isCode ? "export default { publisher: …, schedule: { … } }" : "fields such as schedule";
  throw new ConfigError(`${name} holds no configuration: expected ${expected}`);
}

async function defaultExport(loading: Promise<unknown>): Promise<unknown> {
  return ((await loading) as { default?: unknown }).default;
}

/** The error's message and its place in the file. Node hides the place of a syntax error that is caught. */
function explain(file: string, { isCode }: Format, cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const message = cause instanceof SyntaxError && isCode ? cause.message.replace(/ '[^'\n]*'/g, "") : cause.message;
  const words = message.trim().replace(/[ :]+$/gm, "");
  if (!isCode || words.includes(file)) return words;
  const line = cause.stack?.split(file)[1]?.match(/^:\d+/)?.[0];
  if (line !== undefined) return `${words} (${basename(file)}${line})`;
  return cause instanceof SyntaxError ? `${words} ("node ${basename(file)}" shows where)` : words;
}
