import { BeatxError } from "@beatx/core/adapter";
import type { PublishError, StoreError } from "@beatx/core/adapter";
import { messageOf } from "./errors.js";
import { explainConnection } from "./explain-connection.js";
import { findNamedCommand } from "./missing-right.js";

export interface FailureWords {
  /** The server, without its password: "the Celery broker at redis://host:6379/0". */
  readonly place: string;
  /** The user that is logged in; named where one lacks a right. Default: not named. */
  readonly user?: string;
  readonly errorClass: typeof PublishError | typeof StoreError;
  /** A reason and a way out for some of the server's words; `undefined` for others. */
  readonly explain?: (words: string) => string | undefined;
}

const ANY_USER = "the Redis user";

const ADVICE = "check that it is running and that the address and the credentials are right";

/**
 * The error for work that failed: `could not <what>: <why>`.
 * The cause holds the words alone, never the error of ioredis, which carries the command with its arguments, the password
 * among them. Returns a `BeatxError` unchanged.
 * @param known what else is known about the failure: the connection's last `reason`, or the `right` that the user lacks.
 */
export function explainFailure(
  what: string,
  error: unknown,
  settings: FailureWords,
  { reason, right: found }: { readonly reason?: string | undefined; readonly right?: string | undefined } = {},
): BeatxError {
  if (BeatxError.isInstance(error)) return error;
  const { place, errorClass, explain, user } = settings;
  const isAnswer = isRefusal(error);
  const own = messageOf(error);
  const words = isAnswer || reason === undefined || own.includes(reason) ? own : `${own.replace(/\.$/, "")}: ${reason}`;
  const right = found ?? findNamedCommand(words);
  const explanation =
    right === undefined ? (explain?.(words) ?? explainConnection(words)) : `${ANY_USER} lacks a right: ${right}`;
  const plain = isAnswer ? `${place} refused a command: ${words}` : `${namePlace(place, words)}; ${ADVICE}`;
  const why = explanation === undefined ? plain : `${nameUser(explanation, user)} (${namePlace(place, words)})`;
  return new errorClass(`could not ${what}: ${why}`, { cause: new Error(words) });
}

function nameUser(explanation: string, user: string | undefined): string {
  if (user === undefined || !explanation.startsWith(ANY_USER)) return explanation;
  return `${ANY_USER} ${JSON.stringify(user)}${explanation.slice(ANY_USER.length)}`;
}

function namePlace(place: string, words: string): string {
  return words.includes(place) ? words : `${place}: ${words}`;
}

/** Whether the server answered and said no, as opposed to no answer. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}
