/** Keeps another scheduler from running, by holding the lock that it asks for. */

import { type Clock, StoreError } from "@beatx/core";

import type { Hold } from "../base/importer.js";

/** If this process dies, the other scheduler may run again after this time. */
export const LOCK_LIFETIME_MS = 30_000;
const RENEW_MS = LOCK_LIFETIME_MS / 3;
const POLL_MS = 500;

/** A lock on a server. Each method rejects if the server does not say. */
export interface ForeignLock {
  /** Its name, for messages. */
  readonly key: string;
  /** Takes it for `LOCK_LIFETIME_MS`. `false`: another process has it. */
  take(): Promise<boolean>;
  /** For how long the other process has it at least, in ms; `null`: not known. */
  leftMs(): Promise<number | null>;
  /** Keeps it for `LOCK_LIFETIME_MS` from now. `false`: it is not ours any more. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

export interface Holding {
  /** Whose lock it is: `RedBeat`. */
  readonly owner: string;
  readonly clock: Clock;
  say(line: string): void;
}

/**
 * Waits until nobody has the lock, and takes it. A beat that is stopped lets go at once, one that was killed when its lock
 * runs out. It is renewed until it is released.
 */
export async function holdLock(lock: ForeignLock, holding: Holding): Promise<Hold> {
  const { owner, clock } = holding;
  const takenAt = await take(lock, holding);
  let isHeld = true;
  let timer = clock.setTimer(() => undefined, 0);
  const lost = new Promise<never>((_resolve, reject) => {
    const renewLater = (renewedAt: number): void => {
      timer = clock.setTimer(() => void renew(renewedAt), RENEW_MS);
    };
    const renew = async (renewedAt: number): Promise<void> => {
      const askedAt = clock.monotonicMs();
      const answer = await lock.renew().catch(() => null);
      if (!isHeld) return;
      if (answer === true) return renewLater(askedAt);
      // No answer is no loss, as long as the lock cannot run out before the next one.
      if (answer === null && clock.monotonicMs() + RENEW_MS - renewedAt < LOCK_LIFETIME_MS)
        return renewLater(renewedAt);
      isHeld = false;
      reject(new StoreError(`the lock ${lock.key} was lost: ${owner} may run again`));
    };
    renewLater(takenAt);
  });
  // Whoever waits for it hears of it; nobody has to.
  lost.catch(() => undefined);
  return {
    description: `${owner}'s lock ${lock.key} is held, so that none can send: stop every ${owner} now`,
    lost,
    async release() {
      timer.cancel();
      if (!isHeld) return;
      isHeld = false;
      await lock.release();
    },
  };
}

/** Answers the monotonic time before the request that took it. */
async function take(lock: ForeignLock, holding: Holding): Promise<number> {
  const { owner, clock } = holding;
  for (let isFirst = true; ; isFirst = false) {
    const askedAt = clock.monotonicMs();
    if (await lock.take()) return askedAt;
    if (isFirst) {
      const leftMs = await lock.leftMs();
      const wait = leftMs === null ? "wait until it runs out" : `wait ${Math.ceil(leftMs / 1000)} s`;
      holding.say(`waits for the lock ${lock.key} of a running ${owner}: stop it, or ${wait} if it was killed`);
    }
    await new Promise<void>((resolve) => void clock.setTimer(resolve, POLL_MS));
  }
}
