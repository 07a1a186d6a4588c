import { BeatxError, StoreError } from "@beatx/core";

/** Explains the words of a server or socket, with the way out. */
const EXPLANATIONS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/ECONNREFUSED/, "nothing listens there: is memcached running, and is the address right?"],
  [/ENOTFOUND|EAI_AGAIN/, "the host name cannot be resolved"],
  [/out of memory/i, "the server is full and refuses writes (it runs with -M): raise its -m"],
  [/too large/i, "an item is larger than the server allows: raise its -I to the default of 1m"],
  [/authentication failed/i, "the server does not accept the user or password: check those in the URI"],
];

/**
 * `could not <what> at <where>: <why> (<the words>)`. An error of beatx stays as it is. The cause holds the words alone: an
 * error of the client may carry the command or the credentials.
 */
export function explainError(what: string, where: string, error: unknown): BeatxError {
  if (BeatxError.isInstance(error)) return error;
  const words = error instanceof Error ? error.message : String(error);
  const explanation = EXPLANATIONS.find(([pattern]) => pattern.test(words))?.[1];
  const why = explanation === undefined ? words : `${explanation} (${words})`;
  return new StoreError(`could not ${what} at ${where}: ${why}`, { cause: new Error(words) });
}
