import type { RedisClient } from "./client.js";

/** The last error of a client. ioredis reports it as an event; a caller learns only that there is no connection. */
export interface ErrorMemory {
  /** The server's or the system's own words; `undefined` if there was no error since the client was ready. */
  reason(): string | undefined;
  /** Takes the listeners off the client. */
  stop(): void;
}

/** Errors that ioredis reports after the one that has the reason. */
const CONSEQUENCE =
  /^(Stream isn't writeable|Connection is closed|Reached the max retries|Failed to refresh slots cache)/;

/** Listens to the errors of a client, from now on. */
export function rememberErrors(client: RedisClient): ErrorMemory {
  let reason: string | undefined;
  const remember = (error: unknown): void => {
    const words = messageOf(error);
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

/**
 * The words of an error; for an error of a whole cluster, those of its last node as well. Never pass on an error of ioredis
 * itself, not even as a cause: it carries the command with its arguments, the password among them.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, lastNodeError } = error as NodeJS.ErrnoException & { lastNodeError?: unknown };
  if (lastNodeError instanceof Error) return `${error.message} ${messageOf(lastNodeError)}`;
  // The message is empty if all addresses of a name failed.
  const parts = error instanceof AggregateError && error.message === "" ? error.errors.map(messageOf).join(", ") : "";
  return error.message || parts || (code ?? error.name);
}
