import { untilAborted } from "../base/deadline.js";
import { ConfigError } from "../base/errors.js";
import type { Message, MessageFailure, Publisher, PublisherProvider } from "../contract/publisher.js";
import { PUBLISHER_CONTRACT } from "../contract/publisher.js";
import { findProvider } from "../discovery/find-provider.js";
import { checkContract, defined, type Opened } from "../discovery/opened.js";
import { functionPublisher } from "./function-publisher.js";

/** What a function that takes dead letters is told beside the message (R54). */
export interface DeadLetterContext extends Omit<MessageFailure, "error"> {
  /** Why the last attempt failed. */
  readonly error: Error;
  /** Aborted when the deadline of a publish has passed, or leadership is lost. */
  readonly signal: AbortSignal;
}

/** Takes a message that was given up. It may be called again with the same message. If it rejects, it is asked again. */
export type DeadLetterFunction = (message: Message, context: DeadLetterContext) => Promise<unknown>;

/** The options that choose where messages go that could not be sent. */
export interface DeadLetterChoice {
  /**
   * Takes the messages that were given up (see `giveUpAfterMs`): a URI, a `Publisher`, or a function. It has to be another queue
   * than the publisher's. Default: none takes them; they are counted and logged all the same.
   */
  readonly deadLetter?: string | Publisher | DeadLetterFunction;
}

interface DeadLetterOptions extends DeadLetterChoice {
  readonly publisher?: unknown;
  readonly publishers?: readonly PublisherProvider[];
  readonly from?: string;
  readonly publishTimeoutMs?: number;
}

/** @throws ConfigError if the dead letters would go where they could not be sent to. */
export function checkDeadLetter({ deadLetter, publisher }: DeadLetterOptions): void {
  if (deadLetter === undefined || deadLetter !== publisher) return;
  const wayOut = "name another queue (another database, virtual host or server) or a function, or leave it out";
  throw new ConfigError(`deadLetter is the publisher itself: ${wayOut}`, { field: "deadLetter" });
}

/** `null`: none is given. @throws ConfigError, or BeatxError `UNKNOWN_SCHEME` */
export async function openDeadLetter(options: DeadLetterOptions): Promise<Opened<Publisher> | null> {
  const { deadLetter, publishers: given = [], from, publishTimeoutMs } = options;
  if (deadLetter === undefined) return null;
  if (typeof deadLetter === "function") {
    return { value: functionOf(deadLetter), close: () => Promise.resolve() };
  }
  if (typeof deadLetter !== "string") {
    return { value: checkContract("deadLetter", deadLetter, PUBLISHER_CONTRACT), close: () => Promise.resolve() };
  }
  const provider = await findProvider({ kind: "publisher", uri: deadLetter, given, from });
  const opened = await provider.open(deadLetter, defined({ publishTimeoutMs }));
  const value = checkContract("deadLetter", opened, PUBLISHER_CONTRACT);
  return { value, close: () => value.close() };
}

function functionOf(take: DeadLetterFunction): Publisher {
  return functionPublisher((message, { signal }) => {
    const { failure, ...rest } = message;
    const { error, ...facts } = failure!;
    const context = { ...facts, error: errors.get(failure!) ?? new Error(error), signal };
    return untilAborted(Promise.resolve(take(rest, context)), signal);
  });
}

/** The errors behind the texts. */
const errors = new WeakMap<MessageFailure, Error>();

/** The facts of a message that is given up, for publishers and functions. */
export function failureOf(facts: Omit<MessageFailure, "error">, error: Error): MessageFailure {
  const failure = { ...facts, error: error.message };
  errors.set(failure, error);
  return failure;
}
