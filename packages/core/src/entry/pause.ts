/** A pause of an entry, as its definition says it: pure functions. */

import { isPlainObject } from "../base/json.js";
import { isInstant } from "../base/number-range.js";

/** Who paused an entry, when, why and for how long. */
export interface Pause {
  /** Why, in the words of who paused it; `null`: not said. */
  readonly note: string | null;
  /** Who paused it; `null`: not said. */
  readonly by: string | null;
  /** Cluster time of the call, epoch ms. */
  readonly at: number;
  /** Epoch ms. From this moment on the entry goes on as if it had been resumed then; `null`: until it is resumed. */
  readonly until: number | null;
}

/** The part of a definition that says whether the entry is paused. */
interface Pausable {
  readonly paused: boolean;
  readonly pause?: Pause | undefined;
}

/** The longest note, and the longest name of who paused an entry, in characters. */
export const LONGEST_NOTE = 500;
export const LONGEST_BY = 200;

/** Whether the entry is paused at `now` (cluster time, epoch ms). */
export function isPaused({ paused, pause }: Pausable, now: number): boolean {
  return paused && now < (pause?.until ?? Infinity);
}

/** When the pause ends by itself, or has ended, epoch ms; `undefined`: never, or there is none. */
export function endOfPause({ paused, pause }: Pausable): number | undefined {
  return paused ? (pause?.until ?? undefined) : undefined;
}

/** The definition after its pause, which ends at `now` unless it has ended before. It goes on to say what the last pause was. */
export function afterPause<T extends Pausable>(definition: T, now: number): T {
  const { pause } = definition;
  const ended = pause && { ...pause, until: Math.min(pause.until ?? Infinity, now) };
  return { ...definition, paused: false, pause: ended };
}

/** Whether a stored definition may have this as its `pause`. */
export function isPauseOrNone(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isPlainObject(value)) return false;
  const { note, by, at, until } = value;
  return isTextOrNull(note) && isTextOrNull(by) && isInstant(at) && (until === null || isInstant(until));
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === "string";
