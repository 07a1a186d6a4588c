import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { CursorMove, OutboxWrite } from "@beatx/core/adapter";
import type { CaseContext, ConformanceCase, OutboxProbe } from "./conformance-case.js";

export type OutboxCase = Pick<ConformanceCase, "name" | "run">;

/** A new queue, with the way to write to it and to read it. */
export interface Queue {
  readonly probe: OutboxProbe;
  readonly key: string;
  writes(values: readonly string[]): OutboxWrite[];
  read(): Promise<readonly string[]>;
}

export async function newQueue({ nodeA, subject }: CaseContext): Promise<Queue> {
  const probe = subject.outbox;
  assert.ok(probe, "capabilities.outbox is true: give describeStore an `outbox` probe, which reads the queues");
  const mark = await probe.leaveMark();
  assert.equal(
    await nodeA.reachesOutbox?.(mark),
    true,
    "the store does not find the mark in the place where its outbox writes go",
  );
  const { database } = mark;
  const key = `conformance-queue-${randomUUID()}`;
  return {
    probe,
    key,
    writes: (values) => values.map((value) => ({ kind: "list-push", database, key, value })),
    read: () => probe.readQueue(database, key),
  };
}

export function withOutbox(move: CursorMove, outbox: readonly OutboxWrite[]): CursorMove {
  return { ...move, outbox };
}
