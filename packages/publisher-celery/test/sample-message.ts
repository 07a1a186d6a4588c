import { createHash } from "node:crypto";
import type { Clock, Message } from "@beatx/core";

/** An occurrence of entry `"daily"`, with the id that every node would give it. */
export function sampleMessage(changes: Partial<Message> = {}): Message {
  const { entry = "daily", scheduledAt = Date.UTC(2026, 2, 4, 5, 6, 7, 891) } = changes;
  return {
    id: nameBasedId(`${entry} ${scheduledAt}`),
    entry,
    task: "tasks.echo",
    args: [],
    kwargs: {},
    options: {},
    scheduledAt,
    requested: false,
    expiresAt: null,
    fence: 42,
    coalesced: 0,
    namespace: "beatx",
    templateKey: {},
    ...changes,
  };
}

function nameBasedId(name: string): string {
  const hex = createHash("sha1").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A clock that stands still; its timers never fire. */
export function stoppedClock(nowMs: number): Clock {
  return { now: () => nowMs, monotonicMs: () => 0, setTimer: () => ({ cancel: () => undefined }) };
}
