import { randomUUID } from "node:crypto";
import { BeatxError, type Message, type Publisher, PublishError, systemClock } from "@beatx/core";
import {
  OverlapError,
  type OutboxMark,
  type OutboxWrite,
  PassedError,
  PUBLISHER_CONTRACT,
  type PublisherOutbox,
  untilAborted,
  withDeadline,
} from "@beatx/core/adapter";
import type { PublisherUnderTest, ReceivedMessage } from "../src/index.js";

const MARK_LIFETIME_MS = 10_000;
/** Deadline of the publisher. */
const TIMEOUT_MS = 50;
export const ADDRESS = "memory.example:1";
export const SECRET = "secret-of-memory";
const UNSENDABLE = { colour: "none" };

interface Hold {
  readonly id: string;
  readonly untilMs: number;
}

/** A queue in memory that can be unreachable. Its consumers see every message that was `put`. */
export interface MemoryBroker {
  isAway: boolean;
  /** It answers nothing. */
  isSilent: boolean;
  readonly queue: ReceivedMessage[];
  readonly marks: Map<string, { readonly value: string; readonly expiresInMs: number }>;
  /** What holds up the messages of an entry, by its key: now, and what has ended. */
  readonly holds: { readonly current: Map<string, Hold>; readonly ended: Map<string, Hold> };
  /** Whether another message holds up this one. */
  isHeldUp(message: Message): boolean;
  /**
   * Takes the message; `false` if it has that id already. Throws while it is unreachable, for an occurrence that is older
   * than the last one of its entry, and for one that another message holds up.
   */
  put(message: ReceivedMessage, from?: Message): Promise<boolean>;
}

export type MemoryPublisher = Publisher & { readonly outbox: PublisherOutbox };

/** The methods in which a broken publisher differs from a sound one. */
export type Flaw = (publisher: MemoryPublisher, broker: MemoryBroker) => Partial<Publisher>;

export function memoryBroker(): MemoryBroker {
  const queue: ReceivedMessage[] = [];
  const known = new Set<string>();
  const last = new Map<string, number>();
  const holds = { current: new Map<string, Hold>(), ended: new Map<string, Hold>() };
  return {
    holds,
    isHeldUp(message) {
      const hold = message.overlap && holds.current.get(keyOf(message));
      return hold !== undefined && hold.id !== message.id && systemClock.monotonicMs() < hold.untilMs;
    },
    isAway: false,
    isSilent: false,
    queue,
    marks: new Map(),
    async put(message, from) {
      const requested = from?.requested ?? false;
      await Promise.resolve();
      if (this.isAway) throw new PublishError("the memory broker is away", { notSent: true });
      if (known.has(message.id)) return false;
      if (!requested && (last.get(message.entry) ?? -Infinity) > message.scheduledAt) throw new PassedError();
      if (from && this.isHeldUp(from)) throw new OverlapError();
      if (from?.overlap) {
        const untilMs = systemClock.monotonicMs() + from.overlap.ttlMs;
        holds.current.set(keyOf(from), { id: from.id, untilMs });
      }
      if (!requested) last.set(message.entry, message.scheduledAt);
      known.add(message.id);
      queue.push(message);
      return true;
    },
  };
}

function keyOf({ namespace, entry }: Message): string {
  return `${namespace} ${entry}`;
}

export function toReceived({ id, entry, task, args, kwargs, scheduledAt, fence }: Message): ReceivedMessage {
  return { id, entry, task, args, kwargs, scheduledAt, fence };
}

/** @throws PublishError for a message that can never be sent. */
export function checkSendable({ options, entry }: Message): void {
  const words = `entry ${JSON.stringify(entry)}: option "colour" is unknown`;
  if ("colour" in options) throw new PublishError(words, { notSent: true });
}

/** A sound publisher: it keeps every promise of the contract. */
export function memoryPublisher(broker: MemoryBroker): MemoryPublisher {
  let closed = false;
  const checkOpen = (): void => {
    if (closed) throw new BeatxError("CLOSED", "this publisher was closed");
  };
  return {
    contract: PUBLISHER_CONTRACT,
    name: "memory",
    delivery: "exactly-once",
    skipsOverlap: true,
    async publish(messages, { signal }) {
      checkOpen();
      const answers: (Error | undefined)[] = [];
      for (const message of messages) {
        try {
          checkSendable(message);
          signal.throwIfAborted();
          await answer(broker, signal);
          await broker.put(toReceived(message), message);
          answers.push(undefined);
        } catch (error) {
          answers.push(error as Error);
        }
      }
      return answers;
    },
    async checkHealth({ signal }) {
      checkOpen();
      await answer(broker, signal);
      return [];
    },
    outbox: {
      async leaveMark() {
        checkOpen();
        if (broker.isAway) throw new PublishError("the memory broker is away");
        const mark: OutboxMark = { database: 0, key: `mark ${randomUUID()}`, value: randomUUID() };
        broker.marks.set(mark.key, { value: mark.value, expiresInMs: MARK_LIFETIME_MS });
        return mark;
      },
      writesFor(message) {
        checkSendable(message);
        const write = writeOf(toReceived(message));
        if (!message.overlap) return [write];
        return [{ ...write, unlessHeld: { key: keyOf(message), value: message.id, ttlMs: message.overlap.ttlMs } }];
      },
    },
    close: async () => void (closed = true),
  };
}

/** Waits for the broker until the deadline, or until the signal is aborted. */
async function answer(broker: MemoryBroker, signal: AbortSignal): Promise<void> {
  if (!broker.isSilent) return;
  const never = new Promise<void>(() => undefined);
  const explain = (): PublishError => new PublishError(`the memory broker at ${ADDRESS} did not answer`);
  await withDeadline(untilAborted(never, signal, explain), TIMEOUT_MS, explain);
}

export function writeOf(message: ReceivedMessage): OutboxWrite {
  return { kind: "list-push", database: 0, key: "queue", value: JSON.stringify(message) };
}

/** A subject on a broker of its own, whose clients have this flaw. */
export function memorySubject(flaw: Flaw = () => ({})): Required<Omit<PublisherUnderTest, "patienceMs">> {
  const broker = memoryBroker();
  return {
    open: async () => {
      const publisher = memoryPublisher(broker);
      return { ...publisher, ...flaw(publisher, broker) };
    },
    received: async () => [...broker.queue],
    unsendable: UNSENDABLE,
    breakBroker: async () => void (broker.isAway = true),
    repairBroker: async () => void (broker.isAway = broker.isSilent = false),
    silenceBroker: async () => void (broker.isSilent = true),
    endRun: async (id) => {
      for (const [key, hold] of broker.holds.current) {
        if (hold.id !== id) continue;
        broker.holds.ended.set(key, hold);
        broker.holds.current.delete(key);
      }
    },
    address: ADDRESS,
    secret: SECRET,
    outbox: {
      push: async ({ value }) => void broker.queue.push(JSON.parse(value) as ReceivedMessage),
      readMark: async ({ key }) => broker.marks.get(key) ?? null,
    },
  };
}
