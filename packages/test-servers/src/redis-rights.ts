import { readFile } from "node:fs/promises";
import { redisCli } from "./redis-server.js";

/** The rights of a user, as a README lists them for copying. */
export interface RedisRights {
  /** `~pattern`, `&channel` and `+command`, in the README's order. */
  readonly rules: readonly string[];
}

const PASSWORD = "secret-of-the-test";

/**
 * Reads the lines `ACL SETUSER …` of a README, each with the lines that follow after a backslash. Rejects if there is none.
 */
export async function readRedisRights(readme: URL): Promise<readonly RedisRights[]> {
  const text = (await readFile(readme, "utf8")).replace(/\\\n\s*/g, "");
  const lines = [...text.matchAll(/^ACL SETUSER .*$/gm)].map(([line]) => line);
  if (lines.length === 0) throw new Error(`${readme.href} has no line ACL SETUSER`);
  return lines.map((line) => ({ rules: line.split(/\s+/).filter((word) => /^[~&+%]/.test(word)) }));
}

/** Makes a user of exactly these rights; resolves to the user and password for a URI, `name:password`. */
export async function makeRedisUser(port: number, name: string, rules: readonly string[]): Promise<string> {
  await redisCli(port, "ACL", "SETUSER", name, "reset", "on", `>${PASSWORD}`, ...rules);
  return `${name}:${PASSWORD}`;
}
