import type { HealthContext } from "@beatx/core/adapter";
import { lacksRight, tryQueues, warnOfEviction, warnOfRefusals } from "@beatx/shared-redis";
import type { QueueKey, QueueTrial, RedisConnection } from "@beatx/shared-redis";
import { bindingKey, instantsKey, queueKey } from "./bindings.js";
import type { KeyNaming } from "./bindings.js";
import type { QueueKeys } from "./deliver-once.js";
import { nameAllRights } from "./rights.js";
import type { UnreadQueues } from "./unread-queues.js";

/** The queues that messages went to lately, and by which way: what a check of the broker's health looks at. */
export interface UsedQueues {
  /** A message for this list is written by the store (class T). */
  notePush(list: string): void;
  /** A message for this queue is compared and written by the publisher (class D). */
  noteDelivery(queue: QueueKeys): void;
  /** The way of the last message, and the keys of each queue in use; none before the first message. */
  last(): { readonly way: Way | undefined; readonly queues: readonly (readonly SendKey[])[] };
}

type Way = "push" | "deliver";

interface SendKey extends QueueKey {
  /** The table of an exchange that its workers have bound. */
  readonly isOnlyRead?: boolean;
}

/** Queues that one check looks at. */
const MOST_QUEUES = 12;

export function createUsedQueues(): UsedQueues {
  const used = new Map<string, readonly SendKey[]>();
  let way: Way | undefined;
  const note = (by: Way, list: string, others: readonly SendKey[]): void => {
    if (by !== way) used.clear();
    way = by;
    if (used.has(list)) return;
    if (used.size === MOST_QUEUES) used.delete(used.keys().next().value!);
    used.set(list, [{ key: list, type: "list" }, ...others]);
  };
  return {
    notePush: (list) => note("push", list, []),
    noteDelivery: ({ list, lastInstants, table, row }) =>
      note("deliver", list, [
        { key: lastInstants, type: "zset" },
        { key: table, type: "set", isOnlyRead: row === "" },
      ]),
    last: () => ({ way, queues: [...used.values()] }),
  };
}

/** What a check needs to know about the publisher. */
export interface HealthParts {
  readonly connection: RedisConnection;
  readonly naming: KeyNaming;
  readonly defaultQueue: string;
  readonly used: UsedQueues;
  readonly unread: UnreadQueues;
  /** A key like those of the marks, and never there. */
  readonly absentMark: string;
}

/**
 * Whether the broker would take messages for the queues in use; before the first message, for the default queue, by the way
 * that core says or, if it does not know yet, by either way. Resolves to warnings, among them the refusals of some queues if
 * it takes messages for others. @throws PublishError
 */
export async function checkHealth(
  parts: HealthParts,
  { signal, isOneStep }: HealthContext,
): Promise<readonly string[]> {
  const { connection, used, unread } = parts;
  const { way, queues } = used.last();
  const first: Way = isOneStep === false ? "deliver" : "push";
  const trials = way === undefined ? [trialOfDefault(parts, first)] : queues.map((keys) => trialOf(parts, way, keys));
  let refusals = await tryQueues(connection, trials, signal);
  // Without the right to leave a mark, messages are compared.
  if (way === undefined && first === "push" && refusals.some(({ message }) => lacksRight(message))) {
    refusals = await tryQueues(connection, [trialOfDefault(parts, "deliver")], signal);
  }
  if (way === undefined) refusals = refusals.map((error) => nameAllRights(error, keysOfDefault(parts)));
  return [
    ...warnOfRefusals(refusals, trials),
    ...(await warnOfEviction(connection, signal)),
    ...(await unread.check(signal)),
  ];
}

function keysOfDefault({ naming, defaultQueue }: HealthParts): Pick<QueueKeys, "name" | "lastInstants" | "table"> {
  const { keyPrefix } = naming;
  const [lastInstants, table] = [instantsKey(defaultQueue, keyPrefix), bindingKey(defaultQueue, keyPrefix)];
  return { name: queueKey(defaultQueue, 0, naming), lastInstants, table };
}

function trialOfDefault(parts: HealthParts, way: Way): QueueTrial {
  const { naming, defaultQueue } = parts;
  const list: QueueKey = { key: queueKey(defaultQueue, 0, naming), type: "list" };
  const instants: QueueKey = { key: instantsKey(defaultQueue, naming.keyPrefix), type: "zset" };
  const table: QueueKey = { key: bindingKey(defaultQueue, naming.keyPrefix), type: "set" };
  return trialOf(parts, way, way === "push" ? [list] : [list, instants, table]);
}

function trialOf({ absentMark }: HealthParts, way: Way, keys: readonly SendKey[]): QueueTrial {
  const instants = keys.find(({ type }) => type === "zset");
  if (way === "push" || instants === undefined) return { write: { command: "SET", key: absentMark }, keys };
  return { write: { command: "ZADD", key: instants.key }, keys, commands: keys.flatMap(commandsOn) };
}

/** What a delivery runs on each of its keys. */
function commandsOn({ key, type, isOnlyRead }: SendKey): NonNullable<QueueTrial["commands"]> {
  if (type === "list") return [["TIME"], ["LPUSH", key, ""]];
  if (type === "set") return isOnlyRead ? [] : [["SADD", key, ""]];
  return [
    ["ZSCORE", key, ""],
    ["ZREMRANGEBYSCORE", key, "0", "0"],
    ["ZADD", key, "0", ""],
  ];
}
