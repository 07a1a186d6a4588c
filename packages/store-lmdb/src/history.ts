import { randomBytes } from "node:crypto";
import type { Keys } from "./keys.js";
import { fieldsOf, isNumber, type RowReader } from "./rows.js";

/** Numbers the changes of a namespace. */
export interface History {
  /** Random, drawn at the first use of the namespace. It is part of every revision, so no revision repeats after a loss. */
  readonly life: string;
  /** The number of the last change. */
  readonly last: number;
  /** Removals up to this number were dropped. (A stored key.) */
  readonly forgottenTo: number;
}

/** `undefined`: none is stored, or it is damaged. Then a new life begins, so all nodes read everything. */
export function readHistory(rows: RowReader, keys: Keys): History | undefined {
  const { life, last, forgottenTo } = fieldsOf(rows.get(keys.history));
  const isLife = typeof life === "string" && /^[0-9a-f]{12}$/.test(life);
  return isLife && isNumber(last) && isNumber(forgottenTo) ? { life, last, forgottenTo } : undefined;
}

/** The history of a namespace in which nothing has happened yet. */
export function beginHistory(): History {
  return { life: randomBytes(6).toString("hex"), last: 0, forgottenTo: 0 };
}

/** Not below the clock, so that a restored backup does not reuse the numbers of the changes it lost. */
export function nextNumber(history: History, now: number): number {
  return Math.max(history.last + 1, Math.floor(now));
}

export function revisionText(history: History, number: number): string {
  return `${history.life}.${number}`;
}

/** The number of a revision. `undefined`: some changes after it are unknown, so only a complete reading is right. */
export function numberAfterWhichAllIsKnown(history: History, revision: string): number | undefined {
  const number = Number(revision.slice(revision.indexOf(".") + 1));
  if (revisionText(history, number) !== revision) return undefined;
  return number >= history.forgottenTo && number <= history.last ? number : undefined;
}
