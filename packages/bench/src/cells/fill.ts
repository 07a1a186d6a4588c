import { Redis } from "ioredis";
import { type Cell, portOf } from "./cell.js";
import { every, nameOf, rareRule } from "./sample.js";
import { fillStore, storedTexts } from "./stored-texts.js";
import { makeStore, withStore } from "./stores.js";

/** Hashes with the same texts, which the raw cell reads: it knows no key of a store. */
export const RAW_KEYS = { definitions: "raw:definitions", cursors: "raw:cursors" } as const;
/** How often an entry is due that shows that a leader has loaded everything: as often as an entry may be. */
const SHOWING_MS = 100;
/** So many of them take turns: one is due every 10 ms, so that a gap is hardly longer than the node made it. */
const SHOWING = 10;
const TOGETHER = 500;

/**
 * Prepares the Redis store of a piece of work: `entries` rarely due entries with cursors, of which the first ten are due ten
 * times a second each, one after the other, and the same texts in hashes of their own.
 */
export const fill: Cell = async (options) => {
  const store = await makeStore(options);
  const frequent = await storedTexts((index) => every(SHOWING_MS, (index % SHOWING) * (SHOWING_MS / SHOWING)));
  const rare = await storedTexts(rareRule);
  const definition = (index: number): string => (index < SHOWING ? frequent : rare).definition(index);
  const texts = { definition, cursor: rare.cursor };
  await withStore(store, (open) => fillStore(open, options.entries, texts));
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  for (let from = 0; from < options.entries; from += TOGETHER) {
    const indexes = Array.from({ length: Math.min(TOGETHER, options.entries - from) }, (_, index) => from + index);
    await redis.hset(RAW_KEYS.definitions, ...indexes.flatMap((index) => [nameOf(index), texts.definition(index)]));
    await redis.hset(RAW_KEYS.cursors, ...indexes.flatMap((index) => [nameOf(index), texts.cursor]));
  }
  redis.disconnect();
  return { values: {} };
};
