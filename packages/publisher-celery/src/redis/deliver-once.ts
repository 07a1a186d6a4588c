import { packTexts, script } from "@beatx/shared-redis";
import type { RedisConnection } from "@beatx/shared-redis";

/** The keys of a queue at one priority. */
export interface QueueKeys {
  /** The queue's name, with the prefix of all keys; keys of its lists begin with it. */
  readonly name: string;
  /** The list that workers empty. */
  readonly list: string;
  /** The sorted set beside it: the last delivered instant of each entry. */
  readonly lastInstants: string;
  /** The table of the exchange that leads to the queue. */
  readonly table: string;
  /** The row that declares the queue in its own exchange's table; empty if another exchange leads to it. */
  readonly row: string;
}

/** One message for one queue. */
export interface QueuedMessage {
  readonly queue: QueueKeys;
  /** The name under which the queue remembers the instant. */
  readonly member: string;
  /** Epoch ms of the occurrence. */
  readonly instant: number;
  readonly text: string;
  /**
   * The name under which the queue remembers that a reset of the entry was honoured; empty: it was not reset. The first
   * message after a reset may have an earlier instant than the last one.
   */
  readonly resetMember: string;
}

/**
 * new: pushed. same: pushed before. passed: a later instant of the entry was pushed. Otherwise: the key that has the
 * wrong type.
 */
export type DeliveryAnswer = "new" | "same" | "passed" | { readonly wrongKey: string; readonly expected: string };

/**
 * Class D (R23): the server compares in the same step as it takes the message. Reads and checks come first, because a
 * script that fails half-way keeps what it has written.
 *
 * KEYS: list, last instants, table per queue. ARGV: how long instants are remembered in ms, a row per queue, then a packed
 * list: the queue's number, member, instant, text, member of its reset per message. A message that was pushed before is never
 * pushed again, not even after a reset. The last instants are a sorted set rather than a hash, so that those of entries
 * long gone can be found and dropped; in both, instants compare as numbers.
 */
const DELIVER = script(`
local function holds(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == 'none' or found == kind
end
local count = #KEYS / 3
local refused, texts, lastInstants, order = {}, {}, {}, {}
for d = 1, count do
  if not holds(KEYS[3 * d - 2], 'list') then refused[d] = -2
  elseif not holds(KEYS[3 * d - 1], 'zset') then refused[d] = -3
  elseif not holds(KEYS[3 * d], 'set') then refused[d] = -4 end
  texts[d] = {}
end
local function lastOf(known, key, name)
  return known[name] or tonumber(redis.call('ZSCORE', key, name) or nil)
end
local answers = {}
local list = cmsgpack.unpack(ARGV[count + 2])
for a = 1, #list, 5 do
  local d, member, instant, reset = tonumber(list[a]), list[a + 1], tonumber(list[a + 2]), list[a + 4]
  local answer = refused[d]
  if not answer then
    local key = KEYS[3 * d - 1]
    local known = lastInstants[key]
    if not known then
      known = {}
      lastInstants[key], order[#order + 1] = known, key
    end
    local last = lastOf(known, key, member)
    local isFirstAfterReset = reset ~= '' and not lastOf(known, key, reset)
    if reset ~= '' then known[reset] = instant end
    if last and (last == instant or last > instant and not isFirstAfterReset) then
      answer = last == instant and 0 or -1
    else
      answer = 1
      known[member] = instant
      local pushed = texts[d]
      pushed[#pushed + 1] = list[a + 3]
    end
  end
  answers[#answers + 1] = answer
end
-- A full memory refuses the first write, so either all of it happens or nothing. The same holds for a missing right: the
-- writes before the pushes are harmless alone, and one of them changes nothing but needs the right of the last one.
local time = redis.call('TIME')
local oldest = string.format('(%.0f', time[1] * 1000 - ARGV[1])
for d = 1, count do
  if #texts[d] > 0 then
    redis.call('ZADD', KEYS[3 * d - 1], 'XX', 0, '')
    if ARGV[d + 1] ~= '' then redis.call('SADD', KEYS[3 * d], ARGV[d + 1]) end
  end
end
for _, key in ipairs(order) do
  if next(lastInstants[key]) then redis.call('ZREMRANGEBYSCORE', key, '-inf', oldest) end
end
for d = 1, count do
  if #texts[d] > 0 then redis.call('LPUSH', KEYS[3 * d - 2], unpack(texts[d])) end
end
for _, key in ipairs(order) do
  local scores = {}
  for member, instant in pairs(lastInstants[key]) do
    scores[#scores + 1] = string.format('%.0f', instant)
    scores[#scores + 1] = member
  end
  if #scores > 0 then redis.call('ZADD', key, unpack(scores)) end
end
return answers
`);

/**
 * Older instants are dropped, so that entries that come and go leave nothing behind for good. An occurrence that is sent
 * later than this after its instant is not compared.
 */
const MEMORY_MS = 90 * 24 * 3600 * 1000;

/** Delivers up to some hundred messages in one step. Answers in their order. @throws PublishError */
export async function deliverOnce(
  connection: RedisConnection,
  messages: readonly QueuedMessage[],
  signal: AbortSignal,
): Promise<DeliveryAnswer[]> {
  const numbers = new Map<QueueKeys, number>();
  const keys: string[] = [];
  const rows: string[] = [];
  const values: string[] = [];
  for (const { queue, member, instant, text, resetMember } of messages) {
    let number = numbers.get(queue);
    if (number === undefined) {
      keys.push(queue.list, queue.lastInstants, queue.table);
      number = rows.push(queue.row);
      numbers.set(queue, number);
    }
    values.push(String(number), member, String(instant), text, resetMember);
  }
  const args = [MEMORY_MS, ...rows, packTexts(values)];
  const codes = await connection.runScript("publish", DELIVER, keys, args, signal);
  return messages.map(({ queue }, index) => readAnswer((codes as unknown[])[index], queue));
}

function readAnswer(code: unknown, queue: QueueKeys): DeliveryAnswer {
  switch (code) {
    case 1:
      return "new";
    case 0:
      return "same";
    case -1:
      return "passed";
    case -2:
      return { wrongKey: queue.list, expected: "list" };
    case -3:
      return { wrongKey: queue.lastInstants, expected: "sorted set" };
    case -4:
      return { wrongKey: queue.table, expected: "set" };
    default:
      throw new Error(`unexpected answer ${String(code)}`);
  }
}
