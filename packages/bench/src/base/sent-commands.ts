import { Redis } from "ioredis";

/** Counts the commands that this process sends to Redis, on every connection: those within a script are none of them. */
export class SentCommands {
  #count = 0;

  constructor() {
    const { prototype } = Redis;
    const send = Reflect.get(prototype, "sendCommand");
    const note = (): number => (this.#count += 1);
    prototype.sendCommand = function (this: Redis, ...args): unknown {
      note();
      return send.apply(this, args);
    };
  }

  /** Commands since the creation. */
  get count(): number {
    return this.#count;
  }
}
