import type { Clock } from "@beatx/core";
import {
  type ChangeResult,
  type CursorMove,
  cutPage,
  isListed,
  type DefinitionChange,
  type EntryPage,
  type MoveResult,
  type PageRequest,
  type ScheduleReading,
  type StoredEntry,
} from "@beatx/core/adapter";

interface Row {
  definition: string;
  /** The number of the change that last wrote the definition. */
  sequence: number;
  cursor: string | null;
  /** The record in each slot; a slot without one is `undefined` (R48). */
  records: readonly (string | undefined)[];
}

const BATCH_SIZE = 500;

/** The occurrence of a move may be this far ahead of the store's clock, in ms (R18). */
const MAX_EARLY_MS = 50;

/** Definitions and cursors of one namespace, with the numbers of changes that partial readings need. */
export class DummyEntries {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();
  /** Removed names with the number of the removal, for partial readings. Kept as long as the data. */
  readonly #removed = new Map<string, number>();
  #sequence = 0;
  /** Rises with each loss of the data. It is part of each revision, so that none repeats, whatever the clock says. */
  #life = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get revision(): string {
    return this.#revisionOf(this.#sequence);
  }

  get(name: string): StoredEntry | null {
    const row = this.#rows.get(name);
    if (!row) return null;
    return { name, definition: row.definition, revision: this.#revisionOf(row.sequence), cursor: row.cursor };
  }

  read(since?: string): ScheduleReading {
    const from = since === undefined ? undefined : this.#sequenceOf(since);
    const names = from === undefined ? [...this.#rows.keys()] : this.#changedAfter(from);
    return { revision: this.revision, complete: from === undefined, batches: this.#batches(names, from !== undefined) };
  }

  /** Looks at every name, as a map has no order; a page in memory is quick all the same. */
  page(request: PageRequest): EntryPage {
    const names = [...this.#rows.keys()].filter((name) => isListed(name, request));
    return cutPage(
      names.map((name) => this.get(name)!),
      request.limit,
    );
  }

  change({ name, definition, expectedRevision }: DefinitionChange): ChangeResult {
    const stored = this.get(name);
    if ((stored?.revision ?? null) !== expectedRevision) return { status: "conflict", entry: stored };
    this.#sequence = Math.max(this.#sequence + 1, Math.floor(this.#clock.now()));
    if (definition === null) {
      this.#rows.delete(name);
      this.#removed.set(name, this.#sequence);
    } else {
      const { cursor = null, records = [] } = this.#rows.get(name) ?? {};
      this.#rows.set(name, { definition, sequence: this.#sequence, cursor, records });
      this.#removed.delete(name);
    }
    return { status: "done", revision: this.revision };
  }

  /** The tests of R20, in their order. `undefined`: the move may be made. */
  refusalOf({ name, from, definitionRevision, dueAt }: CursorMove): MoveResult | undefined {
    const stored = this.get(name);
    if (stored && stored.cursor !== from) return { status: "moved", cursor: stored.cursor };
    if (!stored || (definitionRevision ?? stored.revision) !== stored.revision) return { status: "changed" };
    if (dueAt > this.#clock.now() + MAX_EARLY_MS) return { status: "early" };
    return undefined;
  }

  moveCursor({ name, to, record }: CursorMove): void {
    const row = this.#rows.get(name);
    if (!row) return;
    row.cursor = to;
    if (record)
      row.records = [...row.records.slice(0, record.slot), record.text ?? to, ...row.records.slice(record.slot + 1)];
  }

  history(name: string): string[] {
    return (this.#rows.get(name)?.records ?? []).filter((text) => text !== undefined);
  }

  wipe(): void {
    this.#rows.clear();
    this.#removed.clear();
    this.#sequence = 0;
    this.#life += 1;
  }

  #revisionOf(sequence: number): string {
    return `${this.#life}.${sequence}`;
  }

  /** `undefined`: the revision is invalid or of another life, so only a complete reading is right. */
  #sequenceOf(revision: string): number | undefined {
    const sequence = Number(revision.slice(revision.indexOf(".") + 1));
    return this.#revisionOf(sequence) === revision && sequence <= this.#sequence ? sequence : undefined;
  }

  #changedAfter(sequence: number): string[] {
    const names: string[] = [];
    for (const [name, row] of this.#rows) if (row.sequence > sequence) names.push(name);
    for (const [name, removedAt] of this.#removed) if (removedAt > sequence) names.push(name);
    return names;
  }

  /** Reads each batch when it is requested, as a server would. Writes in between may or may not show. */
  async *#batches(names: readonly string[], withRemoved: boolean): AsyncGenerator<readonly StoredEntry[]> {
    for (let start = 0; start < names.length; start += BATCH_SIZE) {
      const batch: StoredEntry[] = [];
      for (const name of names.slice(start, start + BATCH_SIZE)) {
        const entry = this.get(name) ?? (withRemoved ? this.#tombstone(name) : null);
        if (entry) batch.push(entry);
      }
      yield batch;
    }
  }

  #tombstone(name: string): StoredEntry {
    return {
      name,
      definition: null,
      revision: this.#revisionOf(this.#removed.get(name) ?? this.#sequence),
      cursor: null,
    };
  }
}
