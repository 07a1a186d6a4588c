import { randomUUID } from "node:crypto";
import type { JsonValue, Message } from "@beatx/core";
import { celeryTime, instantText } from "./celery-time.js";
import { momentToEpochMs } from "./option-fields.js";
import type { CeleryOptions } from "./options.js";

/** The values that change with each message of an entry. */
export interface Stamp {
  readonly id: string;
  /** ISO 8601, see `celeryTime`. */
  readonly eta: string | null;
  /** ISO 8601, see `celeryTime`. */
  readonly expires: string | null;
  /** Lifetime in ms, as text; `undefined`: no limit. */
  readonly expiration: string | undefined;
  /** ISO 8601 with milliseconds. */
  readonly scheduledAt: string;
  readonly fence: JsonValue;
  /** Unique per delivery: a worker keeps unacknowledged messages under this name. */
  readonly deliveryTag: string;
}

/** `nowMs` is the moment of sending, from which Celery counts `expires` and `countdown`. */
export function makeStamp(message: Message, { eta, expires }: CeleryOptions, nowMs: number): Stamp {
  const ownExpiry = expires === null ? Infinity : momentToEpochMs(expires, nowMs);
  const expiresAt = Math.min(ownExpiry, message.expiresAt ?? Infinity);
  return {
    id: message.id,
    eta: eta === null ? null : celeryTime(momentToEpochMs(eta, nowMs)),
    expires: expiresAt === Infinity ? null : celeryTime(expiresAt),
    expiration: expiresAt === Infinity ? undefined : String(Math.max(0, expiresAt - nowMs)),
    scheduledAt: instantText(message.scheduledAt),
    fence: message.fence,
    deliveryTag: nextDeliveryTag(),
  };
}

/** The first four of the five groups of a UUID, with the dash behind them: random, so that no other process has them. */
const tagsOfProcess = randomUUID().slice(0, 24);
let deliveries = 0;

/** In the form of a UUID, as kombu's own. A random number for each would cost more than the rest of the stamp. */
function nextDeliveryTag(): string {
  deliveries += 1;
  return tagsOfProcess + deliveries.toString(16).padStart(12, "0");
}
