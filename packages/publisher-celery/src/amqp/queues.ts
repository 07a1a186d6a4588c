import { PublishError } from "@beatx/core/adapter";
import type { JsonObject } from "@beatx/core";
import type { Channel } from "amqplib";
import { isRefusal, wordsOf } from "./errors.js";
import { explainPermission } from "./permissions.js";
import type { AmqpSession } from "./session.js";
import { toFieldTable } from "./field-table.js";
import type { FieldTable } from "./field-table.js";

/**
 * Declares missing queues, if the publisher or an entry says how. A queue that exists is used as it is: workers cannot
 * use one that was declared with other arguments than theirs. Exchanges and bindings are left to the workers, because
 * messages reach a queue by its name without them.
 */
export interface QueueDeclarer {
  /**
   * Looks for the queues that this publisher has not seen yet, and declares those that are missing. `queues`: the
   * arguments that an entry gives, or `null`, by the name of the queue. Resolves to the errors of queues that cannot be
   * declared, by name. `mayGoOn` throws when it is too late. Rejects when the connection is lost.
   */
  declare(
    session: AmqpSession,
    queues: ReadonlyMap<string, JsonObject | null>,
    mayGoOn: () => void,
  ): Promise<ReadonlyMap<string, PublishError>>;
  /**
   * Call this for each message that found its queue missing: the next one looks for it again. Returns the message's
   * error. `given`: the arguments that its entry gives.
   */
  explainMissing(queue: string, given: JsonObject | null): PublishError;
  /**
   * Looks for the queues that `declare` would leave to the workers. Resolves to the error of each that is missing, and
   * to how many were looked for. One call at a time. Rejects when the connection is lost.
   */
  findMissing(session: AmqpSession, queues: ReadonlyMap<string, JsonObject | null>): Promise<MissingQueues>;
}

/** What a search for queues has found. */
export interface MissingQueues {
  readonly errors: readonly PublishError[];
  readonly lookedFor: number;
}

/** Which queues are declared, and how. */
export interface QueueSettings {
  /** `true`: every missing queue; `false`: none; `undefined`: only those for which an entry gives arguments. */
  readonly createMissingQueues: boolean | undefined;
  /** Arguments of every queue that is declared, such as `x-queue-type`. */
  readonly queueArguments: JsonObject;
  /** The broker, for messages. */
  readonly target: { readonly label: string };
}

const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;
const CHECK_ARGUMENTS = 'check "queueType", "queueArguments" and "queueMaxPriority", and the entry\'s own';

export function createQueueDeclarer(settings: QueueSettings): QueueDeclarer {
  const { createMissingQueues, queueArguments, target } = settings;
  // Kept when the connection is lost: queues are durable, and one deadline may be too short to look for many again.
  const seen = new Set<string>();

  /** `undefined`: nobody said how to declare it. */
  function argumentsOf(given: JsonObject | null): FieldTable | undefined {
    if (createMissingQueues === false || (createMissingQueues === undefined && given === null)) return undefined;
    const wanted = Object.entries({ ...queueArguments, ...given }).filter(([, value]) => value !== null);
    return toFieldTable(Object.fromEntries(wanted));
  }

  async function declareOne(session: AmqpSession, queue: string, args: FieldTable): Promise<PublishError | undefined> {
    if (await exists(await session.declareChannel(), queue)) return undefined;
    const refusal = await create(session, queue, args);
    if (refusal === undefined) return undefined;
    // A worker may have declared it in the meantime.
    const isThere = codeOf(refusal) === PRECONDITION_FAILED && (await exists(await session.declareChannel(), queue));
    return isThere ? undefined : explainRefusal(queue, target.label, refusal);
  }

  function explainMissing(queue: string, given: JsonObject | null): PublishError {
    seen.delete(queue);
    const advice = argumentsOf(given) ? "the next attempt declares it again" : howToDeclare(createMissingQueues);
    const words = `the queue ${JSON.stringify(queue)} does not exist on the broker at ${target.label}: ${advice}`;
    return new PublishError(words, { notSent: true });
  }

  return {
    async declare(session, queues, mayGoOn) {
      const refused = new Map<string, PublishError>();
      for (const [queue, given] of queues) {
        const args = seen.has(queue) ? undefined : argumentsOf(given);
        if (!args) continue;
        mayGoOn();
        const refusal = await declareOne(session, queue, args);
        if (refusal) refused.set(queue, refusal);
        else seen.add(queue);
      }
      return refused;
    },
    explainMissing,
    findMissing(session, queues) {
      return findMissing(session, new Map([...queues].filter(([, given]) => !argumentsOf(given))), explainMissing);
    },
  };
}

async function findMissing(
  session: AmqpSession,
  queues: ReadonlyMap<string, JsonObject | null>,
  explain: QueueDeclarer["explainMissing"],
): Promise<MissingQueues> {
  const errors: PublishError[] = [];
  for (const [queue, given] of queues) {
    if (!(await exists(await session.askChannel(), queue))) errors.push(explain(queue, given));
  }
  return { errors, lookedFor: queues.size };
}

/**
 * Asks without declaring. A broker that refuses to tell counts as yes: the message itself shows whether it is there.
 */
async function exists(channel: Channel, queue: string): Promise<boolean> {
  const refusal = await refusalOf(channel.checkQueue(queue));
  return codeOf(refusal) !== NOT_FOUND;
}

async function create(session: AmqpSession, queue: string, args: FieldTable): Promise<unknown> {
  const channel = await session.declareChannel();
  return refusalOf(channel.assertQueue(queue, { durable: true, arguments: args }));
}

/** The broker's refusal, which closes the channel; `undefined`: it agreed. Rejects when the connection is lost. */
async function refusalOf(request: Promise<unknown>): Promise<unknown> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}

function codeOf(refusal: unknown): unknown {
  return (refusal as { readonly code?: unknown } | undefined)?.code;
}

function howToDeclare(createMissingQueues: boolean | undefined): string {
  const start = "start the worker that declares it";
  if (createMissingQueues === false) return start;
  const options = 'set the publisher option "queueType" to "classic" or "quorum", as the workers have it';
  return `${start}, which the next attempt finds; to have it declared before, ${options}`;
}

function explainRefusal(queue: string, label: string, refusal: unknown): PublishError {
  const where = `queue ${JSON.stringify(queue)} cannot be declared on the broker at ${label} (${wordsOf(refusal)})`;
  const advice = codeOf(refusal) === PRECONDITION_FAILED ? CHECK_ARGUMENTS : adviseToCreate(wordsOf(refusal));
  return new PublishError(`${where}: ${advice}`);
}

function adviseToCreate(words: string): string {
  const permission = explainPermission(words, { toSend: false });
  const create = 'create it, or set "createMissingQueues" to false and start a worker';
  return permission === undefined ? create : `${permission}; or ${create}`;
}
