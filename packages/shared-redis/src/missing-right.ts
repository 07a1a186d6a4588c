import { withDeadline } from "@beatx/core/adapter";
import type { RedisClient } from "./client.js";
import { errorsOfTransaction, messageOf } from "./errors.js";
import { lacksRight } from "./explain-words.js";
import { sendCommand, textOfScript } from "./script.js";

/** A command as ioredis keeps it with the error about it. */
interface SentCommand {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** How long the server is asked which key it meant. */
const ASKING_MS = 500;
/** With more keys than this, one after the other is not asked about. */
const MOST_KEYS = 50;

/** Commands whose only key, or channel, is their first argument. */
const ONE_KEY = new Set(["set", "get", "sadd", "smembers", "exists", "type", "lpush", "llen", "hmget"]);
const ONE_CHANNEL = new Set(["subscribe", "publish"]);

/**
 * Which command, key or channel a server refused, since its user has no right to it, and how to allow it. Most versions of
 * Redis do not say. `undefined` if the error is about something else, or if it cannot be found out. Never rejects.
 */
export async function findMissingRight(client: RedisClient, error: unknown): Promise<string | undefined> {
  const [cause = error] = error instanceof Error ? errorsOfTransaction(error) : [];
  const words = messageOf(cause);
  if (!lacksRight(words)) return undefined;
  const command = (cause as { readonly command?: SentCommand }).command ?? { name: "", args: [] };
  if (/\bchannels?\b/.test(words)) return describeChannel(command);
  if (!/\bkeys?\b/.test(words)) return describeCommand(client, words, command);
  const asking = describeKeys(client, keysOf(command));
  return withDeadline(asking, ASKING_MS, () => new Error("no answer")).catch(() => undefined);
}

function describeChannel({ name, args }: SentCommand): string | undefined {
  if (!ONE_CHANNEL.has(name.toLowerCase())) return undefined;
  return `it may not use the channel ${JSON.stringify(String(args[0]))}: add it to the user's rights, as &channel`;
}

/** From the server's words, or from the line of the script that they name. */
function describeCommand(client: RedisClient, words: string, command: SentCommand): string | undefined {
  return findNamedCommand(words) ?? describeRights(commandsOfLine(words, textOf(client, command)));
}

/** The right for the command that the server's words name; `undefined` if they name none. */
export function findNamedCommand(words: string): string | undefined {
  const named = /run the '([^']+)' command/.exec(words)?.[1];
  return named === undefined ? undefined : describeRights([named]);
}

/** The rights for commands, and how to add them; `undefined` for no command. */
export function describeRights(commands: readonly string[]): string | undefined {
  if (commands.length === 0) return undefined;
  const names = commands.map((name) => name.toUpperCase()).join(" or ");
  const rights = commands.map((name) => `+${name.toLowerCase()}`).join(" ");
  return `it may not run ${names}: add ${rights} to the user's rights`;
}

/**
 * The words name a line of the script: `script: <hash>, on @user_script:12.`, or in Redis 6.2 `@user_script:12: …`. One of
 * the commands in this line was refused.
 */
function commandsOfLine(words: string, text: string): string[] {
  const number = Number(/@user_script: ?(\d+)/.exec(words)?.[1]);
  const line = text.split("\n")[number - 1] ?? "";
  const called = [...line.matchAll(/\bp?r?call\(\s*(?:['"](\w+)['"]|(\w+))/gi)];
  return [...new Set(called.flatMap(([, command, variable]) => (command ? [command] : valuesOf(variable!, text))))];
}

/** The commands that a variable of a script may hold, as in `local pushCmd = opts['lifo'] and 'RPUSH' or 'LPUSH'`. */
function valuesOf(variable: string, text: string): string[] {
  const assigned = new RegExp(`\\b${variable}\\s*=([^\\n]*)`).exec(text)?.[1] ?? "";
  return [...assigned.matchAll(/['"]([A-Z]+)['"]/g)].map(([, command]) => command!);
}

/** The text of the script that was run; empty if it is not known. */
function textOf(client: RedisClient, { name, args }: SentCommand): string {
  const script = String(args[0]);
  if (name.toLowerCase() === "evalsha") return textOfScript(client, script) ?? "";
  return name.toLowerCase() === "eval" ? script : "";
}

function keysOf({ name, args }: SentCommand): string[] {
  const lower = name.toLowerCase();
  if (lower === "eval" || lower === "evalsha") return args.slice(2, 2 + Number(args[1])).map(String);
  return ONE_KEY.has(lower) && args.length > 0 ? [String(args[0])] : [];
}

async function describeKeys(client: RedisClient, keys: readonly string[]): Promise<string | undefined> {
  const all = [...new Set(keys)];
  if (all.length === 0 || all.length > MOST_KEYS) return undefined;
  const refused = all.length === 1 ? all : await findRefused(client, all);
  if (refused.length === 0) return undefined;
  const names = refused.map((key) => JSON.stringify(key)).join(" and ");
  const what = refused.length === 1 ? "the key" : "the keys";
  return `it may not use ${what} ${names}: add a pattern that matches, as ~pattern, to the user's rights`;
}

/** Asks the server about each key, by a script that does nothing. */
async function findRefused(client: RedisClient, keys: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    keys.map((key) => sendCommand(client, "eval", ["return 1", 1, key]).then(() => undefined, messageOf)),
  );
  return keys.filter((_key, index) => /\bkeys?\b/.test(answers[index] ?? "") && lacksRight(answers[index]!));
}
