import type { Cluster, Redis } from "ioredis";
import type { RedisClient } from "./client.js";

/** The last error of a client. ioredis reports it as an event; a caller learns only that there is no connection. */
export interface ErrorMemory {
  /** The server's or the system's own words; `undefined` if there was no error since the client was ready. */
  reason(): string | undefined;
  /** Takes the listeners off the client. */
  stop(): void;
}

/**
 * What ioredis says about its own options, which users of beatx do not set, in words about the connection; and what a server
 * repeats of a command.
 */
const REWORDINGS: readonly (readonly [RegExp, string])[] = [
  // Redis repeats the arguments of a command that it does not know, the password of a renamed AUTH among them.
  [/, with args beginning with:.*/s, ""],
  [/^Command timed out$/, "did not answer"],
  [/^Reached the max retries per request limit.*/, "the connection was lost before the answer came"],
  [/^(Stream|Cluster) isn't (writeable|ready) and enableOfflineQueue options is false/, "there is no connection"],
  [/(\. Retrying from scratch after \d+ms| and retry is disabled)(?=\.)/, ""],
];

/** Errors that ioredis reports after the one that has the reason. */
const CONSEQUENCE =
  /^(there is no connection|Connection is closed|the connection was lost before|Failed to refresh slots cache)/;

/** What a plain port does with a TLS handshake: it waits for the end of a line. */
const UNANSWERED_HANDSHAKE = "no answer to the TLS handshake";

/** Listens to the errors of a client, from now on. */
export function rememberErrors(client: RedisClient): ErrorMemory {
  let reason: string | undefined;
  const remember = (error: unknown): void => {
    const words = isUnansweredHandshake(client, error) ? UNANSWERED_HANDSHAKE : messageOf(error);
    if (reason === undefined || !CONSEQUENCE.test(words)) reason = words;
  };
  const drop = (): void => {
    reason = undefined;
  };
  const listeners = [
    ["error", remember],
    ["sentinelError", remember],
    ["node error", remember],
    ["ready", drop],
  ] as const;
  for (const [event, listener] of listeners) client.on(event, listener);
  return {
    reason: () => reason,
    stop() {
      for (const [event, listener] of listeners) client.off(event, listener);
    },
  };
}

/** ioredis times the handshake like the connect; an error of the system would name the address. */
function isUnansweredHandshake(client: RedisClient, error: unknown): boolean {
  const options = client.isCluster ? (client as Cluster).options.redisOptions : (client as Redis).options;
  return Boolean(options?.tls) && error instanceof Error && error.message === "connect ETIMEDOUT";
}

/**
 * The words of an error; for an error of a whole cluster, those of its last node as well. Never pass on an error of ioredis
 * itself, not even as a cause: it carries the command with its arguments, the password among them.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, lastNodeError } = error as NodeJS.ErrnoException & { lastNodeError?: unknown };
  if (lastNodeError instanceof Error) return `${inOwnWords(error.message)} ${messageOf(lastNodeError)}`;
  const [cause] = errorsOfTransaction(error);
  if (cause) return messageOf(cause);
  // The message is empty if all addresses of a name failed.
  const parts = error instanceof AggregateError && error.message === "" ? error.errors.map(messageOf).join(", ") : "";
  return inOwnWords(error.message) || parts || (code ?? error.name);
}

/** The errors for which a server discarded a transaction, whose own error says only that there were some. */
export function errorsOfTransaction(error: Error): readonly Error[] {
  const { previousErrors } = error as Error & { readonly previousErrors?: readonly (Error | undefined)[] };
  return (previousErrors ?? []).filter((one) => one instanceof Error);
}

function inOwnWords(message: string): string {
  return REWORDINGS.reduce((words, [pattern, replacement]) => words.replace(pattern, replacement), message);
}
