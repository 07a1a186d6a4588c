import {
  type CursorMove,
  type OutboxMark,
  type Store,
  STORE_CONTRACT,
  type StoreCapabilities,
} from "@beatx/core/adapter";

import type { Link } from "../world/link.js";
import type { StoreData } from "./store-data.js";

/** Where a store's own step can write messages. */
export interface Outbox {
  holdsMark(mark: OutboxMark): boolean;
  /** Answers why it cannot; nothing was written then. */
  push(move: CursorMove): string | undefined;
}

export interface SimulatedStoreOptions {
  readonly link: Link;
  readonly data: StoreData;
  readonly capabilities: StoreCapabilities;
  /** Without it, `advance` writes cursors only. */
  readonly outbox: Outbox | null;
  /** The store has no clock (R4). */
  readonly isClockless: boolean;
  /** Of all stores on this server. */
  readonly watchers: Set<() => void>;
}

/** A store of one process, over its link to the server. */
export function simulatedStore({
  link,
  data,
  capabilities,
  outbox,
  isClockless,
  watchers,
}: SimulatedStoreOptions): Store {
  const push = (move: CursorMove): string | undefined => outbox?.push(move);
  const hint = (): void => {
    for (const watcher of watchers) watcher();
  };
  return {
    contract: STORE_CONTRACT,
    name: "simulated",
    capabilities,
    getRevision: () => link.call("getRevision", () => data.revision),
    getSchedule: (since) => link.call("getSchedule", () => data.read(since)),
    setSchedule: (changes, lease) =>
      link.call("setSchedule", () => {
        const results = data.change(changes, lease);
        hint();
        return results;
      }),
    advance: (lease, moves) => link.call("advance", () => data.advance(lease, moves, push)),
    acquireLock: (request) => link.call("acquireLock", () => data.acquire(request)),
    renewLock: (lease, ttlMs) => link.call("renewLock", () => data.renew(lease, ttlMs)),
    releaseLock: (lease) =>
      link.call("releaseLock", () => {
        const isReleased = data.release(lease);
        if (isReleased) hint();
        return isReleased;
      }),
    readLock: () => link.call("readLock", () => data.readLock()),
    ...(isClockless ? {} : { getTime: () => link.call("getTime", () => data.time) }),
    reachesOutbox: (mark) => link.call("reachesOutbox", () => outbox?.holdsMark(mark) ?? false),
    watch: (onHint) => watch(link, watchers, onHint),
    close: async () => undefined,
  };
}

function watch(link: Link, watchers: Set<() => void>, onHint: () => void): Promise<() => Promise<void>> {
  return link.call("watch", () => {
    // A hint travels like an answer, and is lost like one.
    const watcher = (): void => void link.call("hint", () => undefined).then(onHint, () => undefined);
    watchers.add(watcher);
    return async () => void watchers.delete(watcher);
  });
}
