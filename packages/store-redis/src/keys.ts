/**
 * The longest definition or cursor. It is the size of an item of memcached, so that a schedule can move from one store to
 * another. Redis would take more, but entries are read 500 at a time, within one command's deadline.
 */
export const MAX_VALUE_BYTES: number = 1024 * 1024;

/**
 * The keys of a namespace. All carry one hash tag, so that one script may touch them in a Redis Cluster. Revisions and
 * times are whole milliseconds below 10^14, which Lua and sorted sets keep exactly.
 */
export interface RedisKeys {
  /** String with a lifetime: `token:fence` of the leader (R3). */
  readonly lock: string;
  /** Hash without a lifetime: fence, label, since and ttl of the last term, and `until` when its lock ends; 0: released. */
  readonly leader: string;
  /** String: the highest fence so far (R2). */
  readonly fence: string;
  /** String `run_id since`: the server process that keeps the lock, and when it was first seen; 0 once a node has led. */
  readonly server: string;
  /** Hash: name -> `revision`, line feed, definition. */
  readonly definitions: string;
  /** Hash: name -> cursor. */
  readonly cursors: string;
  /** Hash: `slot:name` -> record (R48). */
  readonly history: string;
  /** String `number.life`: the newest revision, and a random word made with the first one. */
  readonly revision: string;
  /** Sorted set: name of each definition, scored by its revision. */
  readonly changes: string;
  /** Sorted set: name of each removed entry, scored by the revision of its removal. */
  readonly removals: string;
  /** String: removals up to this revision were dropped from `removals`. */
  readonly floor: string;
  /** Sorted set: name of each definition, all with score 0, so that names stand in their order. */
  readonly names: string;
  /** Channel on which "something changed" is published. */
  readonly wake: string;
}

export function redisKeys(namespace: string): RedisKeys {
  const key = (name: string): string => `{${namespace}}:${name}`;
  return {
    lock: key("lock"),
    leader: key("leader"),
    fence: key("fence"),
    server: key("inc"),
    definitions: key("defs"),
    cursors: key("state"),
    history: key("history"),
    revision: key("rev"),
    changes: key("changes"),
    removals: key("removed"),
    floor: key("floor"),
    names: key("names"),
    wake: key("wake"),
  };
}

/** The field of a record in the history. */
export function recordField(slot: number, name: string): string {
  return `${slot}:${name}`;
}

/** Whether a Redis Cluster is sure to keep the key beside the namespace's keys: it has the same hash tag. */
export function sharesSlot(key: string, namespace: string): boolean {
  return /^[^{]*\{([^}]+)\}/.exec(key)?.[1] === namespace;
}
