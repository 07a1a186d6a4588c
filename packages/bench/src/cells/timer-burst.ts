import { Redis } from "ioredis";
import { Stopwatch } from "../base/time.js";
import { type Cell, portOf } from "./cell.js";
import { Arrivals, futureSecond, measureInstant, secondOfDay } from "./measure-instant.js";
import { celeryText, QUEUE } from "./sample.js";
import { timerPeer } from "./timer-peers.js";

/** Jobs whose set-up shows how long all of them will take. */
const TRIAL = 200;
const LATER_MS = 6 * 3_600_000;
const GIVE_UP_MS = 60_000;

/** Jobs of a peer that are due at one instant; each pushes the message. */
export const timerBurst: Cell = async (options) => {
  const setUp = timerPeer(options.peer);
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  const text = await celeryText();
  const trial = new Stopwatch();
  (await setUp(TRIAL, secondOfDay(new Date(Date.now() + LATER_MS)), () => {}))();
  const at = futureSecond(options.count, TRIAL, trial.wallMs);
  const arrivals = new Arrivals();
  const end = await setUp(options.count, secondOfDay(at), () => void redis.lpush(QUEUE, text).then(arrivals.add));
  const result = await measureInstant(options, at, arrivals, GIVE_UP_MS);
  end();
  redis.disconnect();
  return result;
};
