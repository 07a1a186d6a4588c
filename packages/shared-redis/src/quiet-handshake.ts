import type { Redis } from "ioredis";
import type { RedisClient } from "./client.js";
import { messageOf } from "./errors.js";
import { lacksRight } from "./explain-words.js";

/** A server without a password refuses any. The connection works without it, so ioredis goes on; so does every other client. */
const NEEDS_NO_PASSWORD = /no password is set|without any password configured for the default user/;

/** Redis 5 and older know passwords, but no users. */
const KNOWS_NO_USER = /wrong number of arguments for 'auth' command/;

/**
 * ioredis prints to the console that a server does not take the password, or forbids INFO. Keeps such answers from it: what
 * does no harm is no error, and the rest fails the connection with words of its own.
 */
export function keepHandshakeQuiet(client: RedisClient): void {
  if (!client.isCluster) keepQuiet(client as Redis);
  else client.on("+node", keepQuiet);
}

function keepQuiet(client: Redis): void {
  keepPasswordQuiet(client);
  keepInfoQuiet(client);
}

function keepPasswordQuiet(client: Redis): void {
  const auth = client.auth.bind(client) as (...args: readonly unknown[]) => Promise<unknown>;
  const hello = client.hello.bind(client) as (...args: readonly unknown[]) => Promise<unknown>;
  const withoutPassword = async (error: unknown): Promise<unknown> => {
    const words = error instanceof Error ? error.message : "";
    if (NEEDS_NO_PASSWORD.test(words)) return undefined;
    if (!KNOWS_NO_USER.test(words)) throw error;
    throw new Error(
      "the server is older than Redis 6 and knows no users: write redis://:password@host, without a user",
    );
  };
  client.auth = ((...args: readonly unknown[]) => auth(...args).catch(withoutPassword)) as typeof client.auth;
  client.hello = ((...args: readonly unknown[]) => hello(...args).catch(withoutPassword)) as typeof client.hello;
}

type InfoCallback = (error: Error | null, text?: string) => void;

/** Before it uses a connection, ioredis asks by a callback whether the server is loading. It goes on if that is forbidden. */
function keepInfoQuiet(client: Redis): void {
  const info = client.info.bind(client) as (...args: readonly unknown[]) => Promise<string>;
  const infoOfReadyCheck = (callback: InfoCallback): Promise<string> =>
    info((error: Error | null, text?: string) => {
      if (error && lacksRight(messageOf(error))) callback(null, "");
      else callback(error, text);
    });
  client.info = (...args: readonly unknown[]) => {
    const [callback] = args;
    return typeof callback === "function" ? infoOfReadyCheck(callback as InfoCallback) : info(...args);
  };
}
