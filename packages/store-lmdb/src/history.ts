import { randomBytes } from "node:crypto";

/** What numbers the changes of a namespace. */
export interface History {
  /** Random, drawn when the namespace was first used: part of every revision, so that none returns after a loss. */
  readonly life: string;
  /** The number of the last change. */
  readonly last: number;
  /** Removals up to this number are not remembered any more. */
  readonly forgottenTo: number;
}

/** The history of a namespace in which nothing has happened yet. */
export function beginHistory(): History {
  return { life: randomBytes(6).toString("hex"), last: 0, forgottenTo: 0 };
}

/** Not below the clock, so that a folder put back from a backup does not number its changes like those it has lost. */
export function nextNumber(history: History, now: number): number {
  return Math.max(history.last + 1, Math.floor(now));
}

export function revisionText(history: History, number: number): string {
  return `${history.life}.${number}`;
}

/** `undefined`: the changes after this revision cannot all be told, only a complete reading is honest. */
export function numberAfterWhichAllIsKnown(history: History, revision: string): number | undefined {
  const number = Number(revision.slice(revision.indexOf(".") + 1));
  if (revisionText(history, number) !== revision) return undefined;
  return number >= history.forgottenTo && number <= history.last ? number : undefined;
}
