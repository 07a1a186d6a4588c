import { PublishError } from "@beatx/core";
import type { Address } from "./message.js";

/** An exchange and a routing key, for messages. */
export function describeRoute({ exchange, routingKey }: Address): string {
  return `exchange ${JSON.stringify(exchange)} with routing key ${JSON.stringify(routingKey)}`;
}

/** The error for a route that leads to no queue. Celery would lose the message in silence. */
export function explainNoQueue(address: Address): PublishError {
  const advice = "start the worker that declares the binding, or name the queue in the option queue";
  return new PublishError(`${describeRoute(address)} reaches no queue: ${advice}`, { notSent: true });
}
