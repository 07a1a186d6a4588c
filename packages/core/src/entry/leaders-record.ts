import { shorten } from "../base/describe.js";
import { isPlainObject } from "../base/json.js";
import { isCount, isInstant } from "../base/number-range.js";
import { FORMAT } from "./definition.js";
import { readRecordText } from "./read-record.js";

/** The name of the record of the last terms. */
export const LEADERS_RECORD = "@beatx/leaders";

/** How a term ended, as its node says. */
export interface TermEnd {
  /** Epoch ms of cluster time: from here on the node sent nothing. */
  readonly at: number;
  readonly reason: string;
}

/** One leadership (R48). */
export interface LeaderTerm {
  readonly fence: number;
  /** Host and process id of the node. */
  readonly label: string;
  /** Epoch ms of cluster time. */
  readonly since: number;
  /** `null`: it goes on, or its node could not say. */
  readonly ended: TermEnd | null;
}

/** The stored record, as far as this node knows it. */
export interface StoredLeaders {
  /** Of the stored text; `null`: there is none. */
  readonly revision: string | null;
  /** The newest first. A text that cannot be read, and one that is lost, leaves those that were known. */
  readonly terms: readonly LeaderTerm[];
  /** The stored text says these terms. */
  readonly isStored: boolean;
}

export const NO_LEADERS: StoredLeaders = { revision: null, terms: [], isStored: false };

const MOST_TERMS = 50;
const LONGEST_TEXT = 200;

export function encodeLeaders(terms: readonly LeaderTerm[]): string {
  return JSON.stringify({ format: FORMAT, kind: "leaders", terms: terms.slice(0, MOST_TERMS) });
}

/** `null` for a text that is no such record of this format. */
export function readLeaders(text: string): readonly LeaderTerm[] | null {
  const terms = readRecordText("leaders", text)?.["terms"];
  return Array.isArray(terms) && terms.every(isTerm) ? (terms as LeaderTerm[]) : null;
}

/** The terms with this one as the newest. */
export function withTerm(terms: readonly LeaderTerm[], term: LeaderTerm): LeaderTerm[] {
  return [{ ...term, label: shorten(term.label, LONGEST_TEXT) }, ...terms.filter(({ fence }) => fence !== term.fence)];
}

/** The terms, of which the one with this fence has ended. */
export function withEnd(terms: readonly LeaderTerm[], fence: number, ended: TermEnd): LeaderTerm[] {
  return terms.map((term) => (term.fence === fence && term.ended === null ? { ...term, ended } : term));
}

function isTerm(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { fence, label, since, ended } = value;
  return isCount(fence) && typeof label === "string" && isInstant(since) && (ended === null || isEnd(ended));
}

function isEnd(value: unknown): boolean {
  return isPlainObject(value) && isInstant(value["at"]) && typeof value["reason"] === "string";
}
