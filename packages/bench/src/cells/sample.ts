/** The entry and the message that all cells send, so that their figures can be compared. */

import type { EntryInput, Message } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";

/** The namespace of every cell. */
export const NAMESPACE = "bench";
/** The queue that Celery workers read by default. */
export const QUEUE = "celery";
/** Messages in one command or pipeline. */
export const BATCH = 500;

const TASK = "reports.refresh";
const KWARGS = { region: "eu-central-1", force: false };
/** Takes the place of what differs from message to message. Both have the form of the real ones. */
const SAMPLE_ID = "5f0c1d5e-0000-5000-8000-000000000000";

/** A task with a small payload. */
export function sampleEntry(index: number, schedule: EntryInput["schedule"]): EntryInput {
  return { task: TASK, schedule, args: [index, "2024-01-01"], kwargs: KWARGS };
}

/** `count` entries by name. */
export function sampleSchedule(
  count: number,
  rule: (index: number) => EntryInput["schedule"],
): Record<string, EntryInput> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [nameOf(index), sampleEntry(index, rule(index))]),
  );
}

/** The name of an entry. */
export function nameOf(index: number): string {
  return `entry-${index}`;
}

/** A rule that is due each `everyMs`, counted from `anchorMs` (epoch ms, default 1970). */
export function every(everyMs: number, anchorMs = 0): EntryInput["schedule"] {
  return { type: "interval", everyMs, anchor: new Date(anchorMs).toISOString() };
}

/** One of 4,200 rules, each of which is due about once a month. */
export function rareRule(index: number): string {
  return `${index % 50} ${index % 24} ${1 + (index % 28)} * *`;
}

const MESSAGE: Message = {
  id: SAMPLE_ID,
  entry: nameOf(0),
  task: TASK,
  args: [0, "2024-01-01"],
  kwargs: KWARGS,
  options: {},
  scheduledAt: Date.UTC(2026, 0, 1),
  requested: false,
  expiresAt: null,
  fence: Date.UTC(2026, 0, 1),
  coalesced: 0,
  namespace: NAMESPACE,
  templateKey: {},
};

/** The message as beatx writes it to a Celery queue on Redis. */
export async function celeryText(): Promise<string> {
  const publisher = celeryRedisPublisher({ uri: "celery+redis://127.0.0.1:1/0" });
  const [write] = publisher.outbox!.writesFor(MESSAGE);
  await publisher.close();
  return write!.value;
}

/** A function that makes the message with another id each time, from a text that was made once. */
export async function messageMaker(): Promise<(id: string) => string> {
  const parts = (await celeryText()).split(SAMPLE_ID);
  return (id) => parts.join(id);
}
