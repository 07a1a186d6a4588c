import type { Address } from "../message/message.js";
import { bindingKey, instantsKey, ownBinding, queueKey } from "./bindings.js";
import type { KeyNaming } from "./bindings.js";
import type { QueueKeys } from "./deliver-once.js";
import type { EncodedMessage } from "./encoder.js";

/** The queues of a batch: messages for the same list, found through the same exchange, have one. */
export class BatchQueues {
  readonly #naming: KeyNaming;
  readonly #known = new Map<string, QueueKeys>();
  /** The answer before: most batches have one queue, and its keys are then made once. */
  #last: {
    readonly name: string;
    readonly address: Address;
    readonly priority: number;
    readonly queue: QueueKeys;
  } | null = null;

  constructor(naming: KeyNaming) {
    this.#naming = naming;
  }

  find(name: string, { address, priority }: EncodedMessage): QueueKeys {
    const last = this.#last;
    if (last?.address === address && last.name === name && last.priority === priority) return last.queue;
    const queue = this.#findByKeys(name, address, priority);
    this.#last = { name, address, priority, queue };
    return queue;
  }

  #findByKeys(name: string, { exchange }: Address, priority: number): QueueKeys {
    const { keyPrefix, separator } = this.#naming;
    const list = queueKey(name, priority, this.#naming);
    const anonymous = exchange === "";
    const table = bindingKey(anonymous ? name : exchange, keyPrefix);
    const id = `${list}\0${table}`;
    let queue = this.#known.get(id);
    if (!queue) {
      const row = anonymous ? ownBinding(name, separator) : "";
      queue = { name: `${keyPrefix}${name}`, list, table, lastInstants: instantsKey(name, keyPrefix), row };
      this.#known.set(id, queue);
    }
    return queue;
  }
}
