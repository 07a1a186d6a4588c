import type { Message } from "../contract/publisher.js";

/** A copy for a function of the user, which may change what it is given: the entry keeps its arguments for the next run. */
export function ownCopy(message: Message): Message {
  const { args, kwargs, options } = message;
  return {
    ...message,
    args: structuredClone(args),
    kwargs: structuredClone(kwargs),
    options: structuredClone(options),
  };
}
