import type { BeatxError } from "@beatx/core/adapter";
import { PublishError } from "@beatx/core/adapter";
import { lacksRight } from "@beatx/shared-redis";
import type { QueueKeys } from "./deliver-once.js";

/**
 * The error for a user that may not compare and write at a queue (class D). Beside the right that the server missed first,
 * it names all of them, and the other set-up. Returns any other error unchanged.
 */
export function nameAllRights<E extends BeatxError>(
  error: E,
  queue: Pick<QueueKeys, "name" | "lastInstants" | "table">,
): E | PublishError {
  if (!lacksRight(error.message)) return error;
  const { name, lastInstants, table } = queue;
  const rights = `~${name}* ~${lastInstants} ~${table} +lpush +time +zscore +zadd +zremrangebyscore`;
  const hint =
    `to compare at the queue this user needs ${rights} beside the others that the README of ` +
    '@beatx/publisher-celery lists for "any other store"; with the store on the same server and database, let the ' +
    `store's user send instead: it needs ~${name}* +lpush`;
  return new PublishError(`${error.message}; ${hint}`, {
    cause: error.cause,
    notSent: PublishError.isNotSent(error),
  });
}
