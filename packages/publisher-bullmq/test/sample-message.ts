import { randomUUID } from "node:crypto";
import type { Message } from "@beatx/core";

let count = 0;

/** An occurrence of an entry of its own. */
export function sampleMessage(changes: Partial<Message> = {}): Message {
  count += 1;
  return {
    id: randomUUID(),
    entry: `entry-${count}`,
    task: "reports.send",
    args: [],
    kwargs: {},
    options: {},
    scheduledAt: Date.UTC(2026, 2, 4, 5, 6, 7, 891),
    requested: false,
    expiresAt: null,
    fence: 42,
    coalesced: 0,
    namespace: "beatx",
    templateKey: {},
    ...changes,
  };
}
