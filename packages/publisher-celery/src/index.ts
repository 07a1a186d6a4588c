export { celeryMessage } from "./message.js";
export type { Address, Call, Sender } from "./message.js";
export { readCeleryOptions } from "./options.js";
export type { CeleryOptions } from "./options.js";
export { publisherProvider } from "./provider.js";
export { celeryRedisPublisher } from "./redis-publisher.js";
export type { CeleryRedisOptions } from "./settings.js";
export { makeStamp } from "./stamp.js";
export type { Stamp } from "./stamp.js";
