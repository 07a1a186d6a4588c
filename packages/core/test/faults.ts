import type { DummyStore } from "@beatx/store-dummy";

import type { Clock } from "../src/base/clock.js";
import { PassedError, PublishError, StoreError } from "../src/base/errors.js";
import { type Message, type Publisher, PUBLISHER_CONTRACT } from "../src/contract/publisher.js";

/** Faults happen between these moments, epoch ms, each with probability `rate`. */
interface Faults {
  readonly clock: Clock;
  readonly random: () => number;
  readonly rate: number;
  readonly from: number;
  readonly until: number;
}

/** The longest time after which a command is carried out although its sender has given up. */
const LATEST_MS = 3_000;

/** `fine` for a call without a fault. Otherwise one of the kinds, drawn at random. */
function draw<Kind>({ clock, random, rate, from, until }: Faults, kinds: readonly Kind[]): Kind | "fine" {
  if (clock.now() < from || clock.now() >= until || random() >= rate) return "fine";
  return kinds[Math.floor(random() * kinds.length)]!;
}

/** The commands of a leader that do not concern the lock. */
const COMMANDS = ["getRevision", "getSchedule", "setSchedule", "getTime", "reachesOutbox"] as const;

/** The store, except that commands lose their request or their reply, and moves are carried out late, too. */
export function withLostReplies(store: DummyStore, faults: Faults): DummyStore {
  const commands = COMMANDS.map((command) => [
    command,
    async (...args: readonly never[]): Promise<unknown> => {
      const fault = draw(faults, ["request", "reply"] as const);
      if (fault !== "fine") store.failNext(command, { after: fault === "reply" });
      return (store[command] as (...all: readonly never[]) => Promise<unknown>)(...args);
    },
  ]);
  const advance: DummyStore["advance"] = async (lease, moves) => {
    const fault = draw(faults, ["request", "reply", "late"] as const);
    if (fault === "fine") return store.advance(lease, moves);
    const work = (): Promise<unknown> => store.advance(lease, moves).catch(() => undefined);
    if (fault === "reply") await work();
    if (fault === "late") faults.clock.setTimer(() => void work(), faults.random() * LATEST_MS);
    throw new StoreError(`a move failed: ${fault}`);
  };
  return { ...store, ...(Object.fromEntries(commands) as Partial<DummyStore>), advance };
}

/** A queue that loses requests and replies, and refuses messages. */
export interface FaultyQueue extends Publisher {
  /** Every message that the queue took, copies too. */
  readonly taken: readonly Message[];
  /** Every message whose sender does not know whether it was taken; once for each time. */
  readonly unknown: readonly Message[];
}

/** `compares`: class D (R23), with late commands too. Otherwise a plain queue, whose publisher severs its connection. */
export function faultyQueue(faults: Faults, compares: boolean): FaultyQueue {
  const taken: Message[] = [];
  const unknown: Message[] = [];
  const last = new Map<string, number>();
  const take = (message: Message): Error | undefined => {
    const before = last.get(message.entry) ?? -Infinity;
    if (compares && before > message.scheduledAt) return new PassedError();
    if (compares && before === message.scheduledAt) return undefined;
    last.set(message.entry, message.scheduledAt);
    taken.push(message);
    return undefined;
  };
  const send = (message: Message): Error | undefined => {
    const fault = draw(faults, ["refused", "request", "reply", compares ? "late" : "reply"] as const);
    if (fault === "fine") return take(message);
    if (fault === "refused") return new PublishError("refused", { notSent: true });
    if (fault === "reply") take(message);
    if (fault === "late") faults.clock.setTimer(() => void take(message), faults.random() * LATEST_MS);
    unknown.push(message);
    return new PublishError(`a publish failed: ${fault}`);
  };
  return {
    contract: PUBLISHER_CONTRACT,
    name: "faulty",
    delivery: compares ? "exactly-once" : "at-least-once",
    taken,
    unknown,
    publish: (messages) => Promise.resolve(messages.map(send)),
    close: () => Promise.resolve(),
  };
}
