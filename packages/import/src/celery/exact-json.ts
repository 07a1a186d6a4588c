/** JSON of Python, read only if JavaScript keeps what it says. */

import { ConfigError } from "@beatx/core";

const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** @throws ConfigError that names a number that would change, or says that the text is not JSON */
export function parseExactJson(text: string, what: string): unknown {
  for (const [token] of text.matchAll(TOKENS)) {
    const isInteger = /^-?\d+$/.test(token);
    if (/^(-?Infinity|NaN)$/.test(token)) throw new ConfigError(`${what} has ${token}, which is not JSON`);
    if (isInteger && !Number.isSafeInteger(Number(token))) {
      throw new ConfigError(
        `${what} has the integer ${token}, which is larger than JSON keeps exactly: write it as text`,
      );
    }
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`${what} is not JSON: ${text.slice(0, 80)}`);
  }
}
