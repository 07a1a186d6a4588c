import { ConfigError } from "@beatx/core";

/** Reads a flag's value as JSON. @throws ConfigError that names the flag, the value, and how to write it. */
export function parseJsonFlag(flag: string, text: string, example: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
    throw new ConfigError(`${flag} ${shown} is not JSON (${why}): write it as in ${flag} '${example}'`, {
      field: flag,
      cause,
    });
  }
}
