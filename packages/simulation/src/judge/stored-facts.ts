import { createHash } from "node:crypto";

/** What the store holds, as the judge has seen it written. */

export interface DefinitionFacts {
  /** Of a pause that ends by itself, its end if that is later (R15). */
  readonly effectiveFrom: number;
  /** Until somebody resumes it. */
  readonly paused: boolean;
  readonly args: unknown;
  readonly missed: string;
  readonly source: string;
  readonly overridden: boolean;
  /** Digest of a cursor that no longer counts (R28). */
  readonly ignoredCursor: string | undefined;
}

export interface CursorFacts {
  readonly at: number;
  readonly runs: number;
  readonly skipped: number;
  readonly fence: number;
  readonly uncertain: number;
  readonly pending: number | null;
}

/** `null` for beatx's own records. */
export function readDefinition(text: string): DefinitionFacts | null {
  const { kind, entry, pause, ...definition } = JSON.parse(text) as Omit<DefinitionFacts, "args" | "missed"> & {
    kind: string;
    entry: { args: unknown; missed?: string };
    pause?: { until: number | null };
  };
  if (kind !== "entry") return null;
  const facts = { ...definition, args: entry.args, missed: entry.missed ?? "latest" };
  const until = definition.paused ? (pause?.until ?? null) : null;
  if (until === null) return facts;
  return { ...facts, paused: false, effectiveFrom: Math.max(definition.effectiveFrom, until) };
}

export function readCursor(text: string): CursorFacts {
  return { pending: null, uncertain: 0, ...(JSON.parse(text) as Omit<CursorFacts, "pending" | "uncertain">) };
}

/** Definitions by name, and every version that anybody ever tried to write. */
export class StoredFacts {
  readonly #definitions = new Map<string, DefinitionFacts>();
  readonly #owesAllSince = new Map<string, number>();
  readonly #beganAnewAt = new Map<string, number>();
  readonly #untaken = new Set<string>();
  readonly #writtenAt = new Map<string, number>();
  readonly #editedAt = new Map<string, number>();
  readonly #versions = new Map<string, Set<number>>();

  definitionOf(name: string): DefinitionFacts | undefined {
    return this.#definitions.get(name);
  }

  /** Ms since the beginning when the definition was last written. */
  writtenAt(name: string): number {
    return this.#writtenAt.get(name) ?? -Infinity;
  }

  /** Since when the policy of the entry has been `all`, ms since the beginning; `Infinity`: it is not, or not known. */
  owesAllSince(name: string): number {
    return this.#owesAllSince.get(name) ?? Infinity;
  }

  onDefinition(name: string, text: string | null, at: number): void {
    this.#writtenAt.set(name, at);
    const facts = text === null ? null : readDefinition(text);
    if (facts?.missed !== "all") this.#owesAllSince.delete(name);
    else if (!this.#owesAllSince.has(name)) this.#owesAllSince.set(name, at);
    if (facts) this.#definitions.set(name, facts);
    else this.#definitions.delete(name);
  }

  /** The store holds something else now: nothing is known until it is written, or read again. */
  replaceAll(entries: Iterable<{ readonly name: string; readonly definition: string | null }>, at: number): void {
    this.#definitions.clear();
    for (const { name, definition } of entries) this.onDefinition(name, definition, at);
  }

  /** Somebody tries to write this version of the entry, at this moment since the beginning (ms). */
  onVersion(name: string, version: number, at: number): void {
    this.#editedAt.set(name, at);
    const known = this.#versions.get(name) ?? new Set();
    this.#versions.set(name, known.add(version));
  }

  /** Whether somebody has tried to write the entry since that moment, ms since the beginning. */
  wasEditedSince(name: string, moment: number): boolean {
    return (this.#editedAt.get(name) ?? -Infinity) >= moment;
  }

  wasWritten(name: string, version: number): boolean {
    return this.#versions.get(name)?.has(version) === true;
  }

  /** A client tries to reset the entry: its counts may begin anew (R28). */
  onReset(name: string, at: number): void {
    this.#beganAnewAt.set(name, at);
    this.#untaken.add(name);
  }

  /** A client tries to remove the entry. */
  onRemoval(name: string, at: number): void {
    this.#beganAnewAt.set(name, at);
  }

  /** When a client last tried to reset or remove the entry, ms since the beginning; `-Infinity`: never. */
  beganAnewAt(name: string): number {
    return this.#beganAnewAt.get(name) ?? -Infinity;
  }

  /** Whether its counts may begin anew, once for each reset: for a store whose definitions the judge does not see. */
  takeReset(name: string): boolean {
    return !this.#definitions.has(name) && this.#untaken.delete(name);
  }

  /** The cursor that a move from this text continues; `null`: none, or one that was reset. */
  cursorBefore(name: string, from: string | null): CursorFacts | null {
    if (from === null) return null;
    const ignored = this.#definitions.get(name)?.ignoredCursor;
    return ignored !== undefined && ignored === digestOf(from) ? null : readCursor(from);
  }
}

function digestOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
