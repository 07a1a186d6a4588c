import type { RedisClient } from "./client.js";

/** What went wrong with a client last: ioredis tells the reason as an event, and callers only that there is no connection. */
export interface ErrorMemory {
  /** The server's or the system's own words; `undefined` when nothing went wrong since the client was ready. */
  reason(): string | undefined;
  /** Takes the listeners off the client. */
  stop(): void;
}

/** What ioredis reports after the error that tells why. */
const CONSEQUENCE =
  /^(Stream isn't writeable|Connection is closed|Reached the max retries|Failed to refresh slots cache)/;

/** Listens to the errors of a client, from now on. */
export function rememberErrors(client: RedisClient): ErrorMemory {
  let reason: string | undefined;
  const remember = (error: unknown): void => {
    const words = messageOf(error);
    if (reason === undefined || !CONSEQUENCE.test(words)) reason = words;
  };
  const forget = (): void => {
    reason = undefined;
  };
  const listeners = [
    ["error", remember],
    ["sentinelError", remember],
    ["node error", remember],
    ["ready", forget],
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
 * The words of an error, with those of the last node for an error of a whole cluster. Never hand on an error of ioredis
 * itself, as a cause either: the command hangs on it with its arguments, the password among them.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, lastNodeError } = error as NodeJS.ErrnoException & { lastNodeError?: unknown };
  if (lastNodeError instanceof Error) return `${error.message} ${messageOf(lastNodeError)}`;
  // Where all addresses of a name failed, the message is empty.
  const parts = error instanceof AggregateError && error.message === "" ? error.errors.map(messageOf).join(", ") : "";
  return error.message || parts || (code ?? error.name);
}
