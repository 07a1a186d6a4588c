/** Reads JSON and YAML. Errors name the place and the fault, and never quote the text, which may hold passwords. */

import { LineCounter, parseDocument, visit } from "yaml";

/** @throws SyntaxError with line and column. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw faultIn(text, error instanceof Error ? error.message : String(error));
  }
}

function faultIn(text: string, words: string): SyntaxError {
  const offset = offsetOf(words, text);
  const fault = words.split(/ in JSON at position| is not valid JSON|, (?:\.\.\.)?"/)[0]!;
  return new SyntaxError(`it is not valid JSON${offset === undefined ? "" : at(text, offset)}: ${fault}`);
}

/** The place that V8 names by its position, or by the text around it. */
function offsetOf(words: string, text: string): number | undefined {
  const position = /at position (\d+)/.exec(words)?.[1];
  if (position !== undefined) return Number(position);
  const [, token, isCut, context] =
    /^Unexpected token '(.*?)', (\.\.\.)?"(.*)(?:"|"\.\.\.) is not valid JSON$/s.exec(words) ?? [];
  if (token === undefined || context === undefined) return undefined;
  const start = text.indexOf(context.replace(/"\.\.\.$/, ""));
  return start < 0 ? undefined : start + (isCut ? 10 : Math.max(0, context.indexOf(token)));
}

function at(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

const ALIAS_HINT = 'a value that begins with "*" must stand in quotation marks, as in schedule: "*/5 * * * *"';

/** @throws SyntaxError with line and column; for a tag that is unknown, too. */
export function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, logLevel: "error" });
  const [problem] = [...document.errors, ...document.warnings];
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return ` at line ${line}, column ${col}`;
  };
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined)
        throw new SyntaxError(`there is an alias without an anchor${place(alias.range?.[0] ?? 0)}: ${ALIAS_HINT}`);
    },
  });
  if (problem === undefined) return document.toJS() as unknown;
  const fault = problem.code === "BAD_DIRECTIVE" ? "Wrong directive" : problem.message.split(": ")[0]!;
  const hint = /alias/i.test(fault) ? `: ${ALIAS_HINT}` : "";
  throw new SyntaxError(`${fault}${place(problem.pos[0])}${hint}`);
}
