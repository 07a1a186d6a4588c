/** kombu's separator, between the parts of a binding and before the priority in the key of a queue. */
const SEPARATOR = "\x06\x16";

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
export function ownBinding(queue: string): string {
  return [queue, "", queue].join(SEPARATOR);
}

export function parseBinding(text: string): Binding {
  const [routingKey = "", pattern = "", queue = ""] = text.split(SEPARATOR);
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
 * The list that holds a queue's messages of a priority. kombu keeps one each for 0-2, 3-5, 6-8 and 9; workers empty them in
 * this order.
 */
export function queueKey(queue: string, priority: number, keyPrefix: string): string {
  const step = Math.floor(priority / 3) * 3;
  return `${keyPrefix}${queue}${step === 0 ? "" : `${SEPARATOR}${step}`}`;
}

/** The set beside a queue in which class D keeps the last instant of every entry (PROTOCOL section 13). */
export function instantsKey(queue: string, keyPrefix: string): string {
  return `${keyPrefix}{${queue}}:p`;
}
