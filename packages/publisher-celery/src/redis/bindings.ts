import { PublishError } from "@beatx/core/adapter";

/** How keys are named: options of the transport that a publisher and its workers must share. */
export interface KeyNaming {
  /** kombu's `global_keyprefix`: before every key. */
  readonly keyPrefix: string;
  /** kombu's `sep`: between the parts of a binding, and before the step in the key of a queue. Not empty. */
  readonly separator: string;
  /** kombu's `priority_steps`: the priorities that have a list, ascending and not empty. */
  readonly prioritySteps: readonly number[];
}

/** The names that kombu uses unless it is told otherwise. */
export const KOMBU_NAMING: KeyNaming = { keyPrefix: "", separator: "\x06\x16", prioritySteps: [0, 3, 6, 9] };

/** One row of an exchange's table: which routing keys reach which queue. */
export interface Binding {
  readonly routingKey: string;
  /** Regular expression of a topic exchange; empty for a direct one. */
  readonly pattern: string;
  readonly queue: string;
}

/** The set that holds an exchange's table. A queue that is addressed by its name has an exchange of its own. */
export function bindingKey(exchange: string, keyPrefix: string): string {
  return `${keyPrefix}_kombu.binding.${exchange}`;
}

/** The row that kombu puts into the table of a queue's own exchange. */
export function ownBinding(queue: string, separator: string): string {
  return [queue, "", queue].join(separator);
}

/** Reads a row of an exchange's table. */
export function parseBinding(text: string, separator: string): Binding {
  const [routingKey = "", pattern = "", queue = ""] = text.split(separator);
  return { routingKey, pattern, queue };
}

/** The queues that a routing key reaches, each once. */
export function findQueues(table: readonly Binding[], routingKey: string): string[] {
  const reached = table.filter((binding) => binding.queue !== "" && matches(binding, routingKey));
  return [...new Set(reached.map((binding) => binding.queue))].sort();
}

function matches({ routingKey: bound, pattern }: Binding, routingKey: string): boolean {
  if (pattern === "") return bound === routingKey;
  try {
    return new RegExp(pattern).test(routingKey);
  } catch {
    // kombu writes no such pattern: it matches nothing.
    return false;
  }
}

/**
 * The list that holds a queue's messages of a priority. Workers empty the lists of a queue in the order of their steps.
 * @throws PublishError for a name that no worker can read: it cuts the key at the last separator to find the queue.
 */
export function queueKey(queue: string, priority: number, { keyPrefix, separator, prioritySteps }: KeyNaming): string {
  const step = findStep(priority, prioritySteps);
  if (step !== 0) return `${keyPrefix}${queue}${separator}${step}`;
  if (!queue.includes(separator)) return `${keyPrefix}${queue}`;
  const words = `queue ${JSON.stringify(queue)} contains the separator ${JSON.stringify(separator)}`;
  throw new PublishError(`${words}, so no Celery worker can read it: rename it, or set another "sep" here and there`, {
    notSent: true,
  });
}

/** As in kombu: the highest step that is not above the priority; the last step for a priority below all of them. */
function findStep(priority: number, steps: readonly number[]): number {
  return (steps.findLast((step) => step <= priority) ?? steps.at(-1))!;
}

/** The set beside a queue in which class D keeps the last instant of every entry (PROTOCOL section 13). */
export function instantsKey(queue: string, keyPrefix: string): string {
  return `${keyPrefix}{${queue}}:p`;
}
