import { randomUUID } from "node:crypto";
import type { Clock } from "@beatx/core";
import type { OutboxMark, OutboxWrite } from "@beatx/core/adapter";

const MARK_TTL_MS = 5000;

/** The lists of one backend, which publishers fill and tests read. */
export class DummyQueues {
  readonly #clock: Clock;
  readonly #lists = new Map<string, string[]>();
  readonly #broken = new Set<string>();
  /** What holds up the next message of an entry, by its key (R52). */
  readonly #holds = new Map<string, { readonly value: string; readonly expiresAtMs: number }>();
  readonly #marks = new Map<string, { readonly value: string; readonly expiresAtMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets the key of `unlessHeld`, too. */
  push(write: OutboxWrite): void {
    const { unlessHeld } = write;
    if (unlessHeld) {
      const expiresAtMs = this.#clock.monotonicMs() + unlessHeld.ttlMs;
      this.#holds.set(idOf(unlessHeld.key, write.database), { value: unlessHeld.value, expiresAtMs });
    }
    const id = idOf(write.key, write.database);
    const list = this.#lists.get(id);
    if (list) list.push(write.value);
    else this.#lists.set(id, [write.value]);
  }

  /** A copy of the list, the oldest item first. */
  read(key: string, database: number): readonly string[] {
    return [...(this.#lists.get(idOf(key, database)) ?? [])];
  }

  /** Makes the key "not a list": pushes to it are refused from now on. */
  break(key: string, database: number): void {
    this.#broken.add(idOf(key, database));
  }

  /** The reason against these writes; `undefined`: none. */
  refusalOf(writes: readonly OutboxWrite[]): string | undefined {
    const broken = writes.find((write) => this.#broken.has(idOf(write.key, write.database)));
    return broken && `the key ${JSON.stringify(broken.key)} of database ${broken.database} is not a list`;
  }

  /** Whether another message holds up one of these writes (R52). */
  isHeld(writes: readonly OutboxWrite[]): boolean {
    return writes.some(({ database, unlessHeld }) => {
      if (!unlessHeld) return false;
      const hold = this.#holds.get(idOf(unlessHeld.key, database));
      return hold !== undefined && hold.value !== unlessHeld.value && this.#clock.monotonicMs() < hold.expiresAtMs;
    });
  }

  /** The message with this id has ended: it holds up nothing any more. */
  release(id: string): void {
    for (const [key, { value }] of this.#holds) if (value === id) this.#holds.delete(key);
  }

  leaveMark(database: number): OutboxMark {
    const mark = { database, key: `beatx:mark:${randomUUID()}`, value: randomUUID() };
    this.#marks.set(idOf(mark.key, database), {
      value: mark.value,
      expiresAtMs: this.#clock.monotonicMs() + MARK_TTL_MS,
    });
    return mark;
  }

  holdsMark(mark: OutboxMark): boolean {
    const stored = this.#marks.get(idOf(mark.key, mark.database));
    return stored?.value === mark.value && this.#clock.monotonicMs() < stored.expiresAtMs;
  }

  wipe(): void {
    this.#lists.clear();
    this.#broken.clear();
    this.#holds.clear();
    this.#marks.clear();
  }
}

function idOf(key: string, database: number): string {
  return `${database}:${key}`;
}
